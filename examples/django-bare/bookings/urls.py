from django.contrib import admin
from django.urls import path

from rooms import views

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", views.index),
    path("book/<int:room_id>/", views.book),
]
