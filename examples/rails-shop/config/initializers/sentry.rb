Sentry.init do |config|
  config.dsn = ENV["SENTRY_DSN"]
  config.enabled_environments = ["production"]
  config.send_default_pii = false
  config.traces_sample_rate = 0.05
end
