class ProductsController < ApplicationController
  include Pagy::Backend

  def index
    @pagy, @products = pagy(Product.order(:name))
  end

  def show
    @product = Product.find(params[:id])
  end
end
