"""Addresses of this room."""

from django.urls import path

from .views import desk, public, training

app_name = "academy"
urlpatterns = [
    path("", public.academy, name="academy"),
    path("verify/", public.verify, name="verify"),
    path("materials/<int:pk>/", public.material, name="material"),
    path("materials/<int:pk>/withdraw/", desk.withdraw_material, name="withdraw-material"),
    path("desk/", desk.desk, name="desk"),
    path("courses/new/", desk.new_course, name="new-course"),
    path("courses/<int:pk>/", desk.course, name="course"),
    path("courses/<int:pk>/end/", desk.end_course, name="end-course"),
    path("courses/<int:pk>/material/", desk.add_material, name="add-material"),
    path("classes/new/", desk.new_class, name="new-class"),
    path("classes/<int:pk>/", desk.class_run, name="class"),
    path("classes/<int:pk>/publish/", desk.publish_class, name="publish-class"),
    path("classes/<int:pk>/complete/", desk.complete_all, name="complete-class"),
    path("classes/<int:pk>/close/", desk.close, name="close-class"),
    path("classes/<int:pk>/learners/<int:person>/", desk.learner, name="learner"),
    path("classes/<int:pk>/learners/<int:person>/work/", desk.work, name="work"),
    path("classes/<int:pk>/learners/<int:person>/complete/", desk.complete, name="complete"),
    path("classes/<int:pk>/sessions/<int:number>/<int:person>/", desk.mark, name="mark"),
    path("completions/<int:pk>/", desk.certificate, name="certificate"),
    path("completions/<int:pk>/pdf/", desk.certificate_pdf, name="certificate-pdf"),
    path("completions/<int:pk>/revoke/", desk.revoke, name="revoke"),
    path("trainers/", training.trainers, name="trainers"),
    path("trainers/enter/", training.enter, name="enter-trainer"),
    path("trainers/<int:pk>/", training.trainer, name="trainer"),
    path("trainers/<int:pk>/qualify/", training.qualify, name="qualify"),
    path("trainers/<int:pk>/retire/", training.retire, name="retire"),
]
