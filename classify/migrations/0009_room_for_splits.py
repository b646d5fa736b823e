from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("classify", "0008_free_slots")]
    operations = []
