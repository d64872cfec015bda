from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Room",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="Booking",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("room", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="rooms.room")),
                ("email", models.EmailField(max_length=254)),
                ("day", models.DateField()),
            ],
        ),
    ]
