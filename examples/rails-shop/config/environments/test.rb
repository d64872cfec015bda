Rails.application.configure do
  config.eager_load = ENV["CI"].present?
  config.after_initialize { Prosopite.raise = true }
end
