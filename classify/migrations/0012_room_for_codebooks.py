from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("classify", "0011_room_for_conflicts")]
    operations = []
