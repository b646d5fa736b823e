from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("classify", "0007_room_for_decisions")]
    operations = []
