"""Paths of the office."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import path

from bihuan.office import views

urlpatterns = [
    path("office/me", views.me),
    path("office/take", views.take),
    path("office/leave", views.leave),
    path("office/commands", views.commands),
    path("office/evidence", views.evidence),
    path("office/evidence/<str:photo>", views.shown_evidence),
    path("office/login/", views.LogIn.as_view(), name="login"),
    path("office/logout/", LogoutView.as_view(), name="logout"),
    path("office/language/", views.language, name="language"),
    path("office/static/<path:path>", views.static),
    path("office/admin/login/", views.admin_login),
    path("office/admin/", admin.site.urls),
]

handler400 = "bihuan.office.views.bad_request"
handler404 = "bihuan.office.views.not_found"
handler500 = "bihuan.office.views.broken"
