"""The addresses of the canvass's pages, below those of a campaign."""

from __future__ import annotations

from django.urls import path

from isoloir.field.canvass import app, draw_pages, pages, question_pages

urlpatterns = [
    path("", pages.show, name="canvass_board"),
    path("live/", pages.live, name="canvass_live"),
    path("app/", app.application, name="canvass_app"),
    path("app/sw.js", app.worker, name="canvass_worker"),
    path("app/manifest.webmanifest", app.manifest, name="canvass_manifest"),
    path("turf/<int:turf>/", pages.turf, name="canvass_turf_page"),
    path("turf/<int:turf>/assign/", pages.assign, name="canvass_assign"),
    path("turf/<int:turf>/paper/", pages.paper, name="canvass_paper"),
    path("turf/<int:turf>/undo/", draw_pages.undo, name="canvass_undraw"),
    path("draw/", draw_pages.draw, name="canvass_draw"),
    path("draw/buildings/", draw_pages.buildings, name="canvass_buildings"),
    path("file/", pages.file_in, name="canvass_file"),
    path("export/<str:what>/", pages.export, name="canvass_export"),
    path("pass/<int:number>/", pages.ended, name="canvass_pass"),
    path("surveys/", pages.survey_results, name="canvass_surveys"),
    path("questions/", question_pages.questions, name="canvass_questions"),
    path("questions/<int:question>/", question_pages.act, name="canvass_question"),
    path("thanks/", pages.thanks, name="canvass_thanks"),
]
