Rails.application.configure do
  config.enable_reloading = false
  config.eager_load = true
  config.consider_all_requests_local = false

  config.public_file_server.headers = { "cache-control" => "public, max-age=#{1.year.to_i}" }
  config.assume_ssl = true
  config.force_ssl = true

  config.log_tags = [:request_id]
  config.logger = ActiveSupport::TaggedLogging.logger($stdout)
  config.lograge.enabled = true
  config.lograge.formatter = Lograge::Formatters::Json.new

  config.cache_store = :solid_cache_store
  config.active_job.queue_adapter = :solid_queue
  config.active_record.dump_schema_after_migration = false
end
