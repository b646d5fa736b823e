from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("classify", "0006_talk_is_append_only")]
    operations = []
