Rails.application.routes.draw do
  get "up" => "rails/health#show", as: :rails_health_check

  resources :products, only: [:index, :show]
  resources :orders, only: [:create, :show]
  root "products#index"
end
