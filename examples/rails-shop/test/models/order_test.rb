require "test_helper"

class OrderTest < ActiveSupport::TestCase
  test "an order needs an address" do
    assert_not Order.new(product: products(:mug)).valid?
  end
end
