from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("classify", "0012_codebook_drafts")]
    operations = []
