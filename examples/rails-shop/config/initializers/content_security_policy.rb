Rails.application.config.content_security_policy do |policy|
  policy.default_src :self
  policy.object_src :none
  policy.frame_ancestors :none
end
