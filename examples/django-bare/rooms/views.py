import requests
from django.shortcuts import get_object_or_404, redirect, render

from .models import Booking, Room


def index(request):
    return render(request, "rooms/index.html", {"bookings": Booking.objects.all()})


def book(request, room_id):
    room = get_object_or_404(Room, pk=room_id)
    booking = Booking.objects.create(room=room, email=request.POST["email"], day=request.POST["day"])
    requests.post("https://mail.example.com/send", json={"to": booking.email, "subject": f"{room.name} is yours"})
    return redirect("/")
