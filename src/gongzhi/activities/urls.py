"""Addresses of this room."""

from django.urls import path

from .views import planning, public, telling

app_name = "activities"
urlpatterns = [
    path("", public.brands, name="brands"),
    path("brands/new/", planning.new_brand, name="new-brand"),
    path("brands/<slug:key>/", public.brand, name="brand"),
    path("brands/<slug:key>/end/", planning.end_brand, name="end-brand"),
    path("recaps/<int:pk>/", public.recap, name="recap"),
    path("photos/<int:pk>/<slug:size>.webp", public.photo, name="photo"),
    path("plans/", planning.plans, name="plans"),
    path("plans/new/", planning.new_plan, name="new-plan"),
    path("plans/<int:pk>/", planning.plan, name="plan"),
    path("plans/<int:pk>/publish/", planning.publish_plan, name="publish-plan"),
    path("plans/<int:pk>/extend/", planning.extend_plan, name="extend-plan"),
    path("almanac/", planning.almanac, name="almanac"),
    path("almanac/choose/", planning.choose, name="choose"),
    path("customs/<int:pk>/drop/", planning.drop, name="drop"),
    path("events/<int:pk>/tell/", telling.tell, name="tell"),
    path("events/<int:pk>/photo/", telling.add_photo, name="add-photo"),
    path("photos/<int:pk>/withdraw/", telling.withdraw_photo, name="withdraw-photo"),
]
