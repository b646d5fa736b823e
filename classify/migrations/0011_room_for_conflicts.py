from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("classify", "0010_bar_is_set_beforehand")]
    operations = []
