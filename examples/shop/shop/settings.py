"""The shop's settings. What differs from place to place comes from the environment; README.md lists the names."""

import os
from pathlib import Path

from shop import environment

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = environment.flag("DJANGO_DEBUG")
SECRET_KEY = environment.secret_key(DEBUG)
ALLOWED_HOSTS = environment.words("DJANGO_ALLOWED_HOSTS")

# The shop's own
SHOP_GREETING = os.environ.get("SHOP_GREETING") or "Tea for the second cup."
SHOP_KEEPER = os.environ.get("SHOP_KEEPER") or "keeper@shop.example"
SHOP_PACKING_SECONDS = environment.number("SHOP_PACKING_SECONDS", 0.4)  # for each packet of tea
SHOP_STOCK_TAKING_SECONDS = environment.number("SHOP_STOCK_TAKING_SECONDS", 30)
RELEASE = os.environ.get("BACKLINE_RELEASE", "")  # which release of the shop this process runs

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "shop",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.context.every_page",
            ],
        },
    },
]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

DATABASES = {"default": environment.database(BASE_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

# Names of static files carry a hash of their contents: browsers may keep them, and pages of two releases do not mix.
STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("DJANGO_STATIC_ROOT") or BASE_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

# Behind a proxy: DJANGO_BEHIND_PROXY=1 trusts its X-Forwarded-Proto, DJANGO_HTTPS=1 lets visitors in by https only.
if environment.flag("DJANGO_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_TRUSTED_ORIGINS = environment.words("DJANGO_CSRF_TRUSTED_ORIGINS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = environment.flag("DJANGO_HTTPS")
SECURE_HSTS_SECONDS = int(environment.number("DJANGO_HSTS_SECONDS", 0))

EMAIL_BACKEND = os.environ.get("DJANGO_EMAIL_BACKEND") or "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = SHOP_KEEPER

# Background work. Progress and results live in the result backend, so that workers need no database.
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL") or "redis://127.0.0.1:6379/0"
CELERY_RESULT_BACKEND = os.environ.get("CELERY_RESULT_BACKEND") or CELERY_BROKER_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"shop.tasks.mail_*": {"queue": "mail"}}
CELERY_TASK_TRACK_STARTED = True
CELERY_RESULT_EXPIRES = 7 * 24 * 3600
# 1: the web runs the tasks itself, without a broker.
CELERY_TASK_ALWAYS_EAGER = environment.flag("CELERY_TASK_ALWAYS_EAGER")
CELERY_TASK_STORE_EAGER_RESULT = True
CELERY_BEAT_SCHEDULE = {
    "stock-taking": {
        "task": "shop.tasks.take_stock",
        "schedule": SHOP_STOCK_TAKING_SECONDS,
        # While no worker runs, old stock-takings must not pile up.
        "options": {"expires": SHOP_STOCK_TAKING_SECONDS},
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"django": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}
