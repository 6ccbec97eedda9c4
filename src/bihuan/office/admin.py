"""Admin: accounts and their posts."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User

from bihuan.office.models import Post


class PostInline(admin.TabularInline):
    model = Post
    extra = 0


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ("account", "kind", "unit")
    list_filter = ("kind",)
    search_fields = ("account__username", "unit")


class AccountAdmin(UserAdmin):
    inlines = (PostInline,)


admin.site.unregister(User)
admin.site.register(User, AccountAdmin)
admin.site.site_header = "闭环 Bihuan"
admin.site.site_title = "闭环 Bihuan"
admin.site.site_url = "/"
