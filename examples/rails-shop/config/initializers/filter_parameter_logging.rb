Rails.application.config.filter_parameters += [:passw, :email, :secret, :token, :_key, :crypt, :salt, :card]
