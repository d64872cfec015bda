class Order < ApplicationRecord
  belongs_to :product
  encrypts :email, deterministic: true

  validates :email, presence: true
end
