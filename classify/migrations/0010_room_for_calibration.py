from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("classify", "0009_room_for_splits")]
    operations = []
