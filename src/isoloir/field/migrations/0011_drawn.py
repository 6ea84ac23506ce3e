import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("field", "0010_tickets"),
    ]

    operations = [
        migrations.CreateModel(
            name="Drawn",
            fields=[
                (
                    "turf",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="drawn",
                        serialize=False,
                        to="field.turf",
                    ),
                ),
                (
                    "origins",
                    models.JSONField(
                        help_text="list of {number, name, buildings}: the turfs that they were taken from"
                    ),
                ),
            ],
        ),
    ]
