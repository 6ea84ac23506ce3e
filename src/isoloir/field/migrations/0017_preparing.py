from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def were_prepared(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Until now a message was written down with all who get it."""
    apps.get_model("field", "Mailing").objects.update(prepared_at=F("made_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("field", "0016_marks_alone"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailing",
            name="gathered",
            field=models.PositiveIntegerField(
                default=0, help_text="contacts of the book looked at so far for who gets it"
            ),
        ),
        migrations.AddField(
            model_name="mailing",
            name="gathered_upto",
            field=models.UUIDField(help_text="the last of them (preparing.py)", null=True),
        ),
        migrations.AddField(
            model_name="mailing",
            name="prepared_at",
            field=models.DateTimeField(help_text="when all who get it were known", null=True),
        ),
        migrations.RunPython(were_prepared, migrations.RunPython.noop),
    ]
