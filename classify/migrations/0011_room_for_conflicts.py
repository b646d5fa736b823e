from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("classify", "0010_room_for_calibration")]
    operations = []
