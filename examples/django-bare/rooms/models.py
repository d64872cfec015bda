from django.db import models


class Room(models.Model):
    name = models.CharField(max_length=80)


class Booking(models.Model):
    room = models.ForeignKey(Room, on_delete=models.CASCADE)
    email = models.EmailField()
    day = models.DateField()
