from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("classify", "0013_room_for_dashboard")]
    operations = []
