from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("classify", "0008_room_for_assignment")]
    operations = []
