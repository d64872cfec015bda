class CreateProductsAndOrders < ActiveRecord::Migration[8.0]
  def change
    create_table :products do |t|
      t.string :name, null: false
      t.integer :cents, null: false
      t.timestamps
    end

    create_table :orders do |t|
      t.references :product, null: false, foreign_key: true
      t.string :email, null: false
      t.timestamps
    end
  end
end
