"Packaging: everything is read from settings.ini, the one place where it is written."
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup

settings = ConfigParser(delimiters=["="])
settings.read(Path(__file__).parent / "settings.ini", encoding="utf-8")
config = settings["DEFAULT"]

setup(
    name=config["lib_name"],
    version=config["version"],
    description=config["description"],
    long_description=(Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author=config["author"],
    author_email=config["author_email"],
    license="Apache-2.0",
    keywords=config["keywords"],
    classifiers=["Intended Audience :: Science/Research", "Programming Language :: Python :: 3"],
    url=config["git_url"],
    packages=find_packages(include=["diffdef", "diffdef.*"]),
    python_requires=f">={config['min_python']}",
    install_requires=config["requirements"].split(),
    extras_require={
        name.removesuffix("_requirements"): value.split()
        for name, value in config.items()
        if name.endswith("_requirements")
    },
    entry_points={
        "console_scripts": config["console_scripts"].split(),
        "nbdev": [f"{config['lib_name']}={config['lib_name']}._modidx:d"],
    },
    zip_safe=False,
)
