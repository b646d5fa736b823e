from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("classify", "0012_room_for_codebooks")]
    operations = []
