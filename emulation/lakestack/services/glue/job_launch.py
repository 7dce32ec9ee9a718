"""What a run of a job is started with: files from S3, command, environment.

Glue Developer Guide, "Using job parameters in AWS Glue jobs".
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakestack import marks
from lakestack.services.glue import (
    connector_jars,
    job_arguments,
    job_connections,
    python_modules,
    python_shell,
    studio_transforms,
    table_formats,
)
from lakestack.services.glue.bookmark import FILE_VARIABLE, Bookmarks, Loan
from lakestack.services.glue.data_quality import results as data_quality_results
from lakestack.services.glue.job_files import download
from lakestack.services.glue.shipped import modules as shipped_modules
from lakestack.services.glue.spark.cluster import OnCluster, on_cluster
from lakestack.services.logs.stream import LogStream
from lakestack.services.processes import clean_environment


@dataclass
class Launch:
    """The preparation of one run.

    Attributes:
        settings: the job's definition with the run's own over it
        workdir: private folder of the run
        errors: the run's error log, which is told what has no effect
        ids: names of the job, of its definition and of the run
        mark: by which processes of the run are ended with it
        run: runs what fetches modules; returns its exit code
        loan: the bookmark, once it is lent to the script
        cluster: where the executors run; None: in the driver's process
        script: what runs instead of the job's own script
    """

    account: str
    region: str
    settings: dict[str, Any]
    bookmarks: Bookmarks
    workdir: Path
    errors: LogStream
    ids: tuple[str, str, str]
    mark: str
    run: Callable[[list[str], dict[str, str]], int]
    loan: Loan | None = None
    cluster: OnCluster | None = None
    script: Path | None = None

    def prepare(self) -> tuple[list[str], dict[str, str]]:
        """Fetch what the script needs; returns its command and whole environment.

        Raises:
            LaunchError: a file cannot be had, or a connection is not there
            EmulationError: Java, its artefacts or a module cannot be had
            ValueError: what an argument says cannot be used
        """
        workdir, errors = self.workdir, self.errors
        arguments: dict[str, str] = self.settings["Arguments"]
        special = job_arguments.special(arguments)
        for ignored in special.ignored:
            errors.write(f"{ignored} is accepted and has no effect in the emulator")
        connections = job_connections.of_job(self.account, self.region, self.settings)
        for folder in ("script", "work", "extra", "jars", "home"):
            (workdir / folder).mkdir()
        script = self.script
        if script is None:
            location = special.script or self.settings["Command"]["ScriptLocation"]
            script = self._download(location, workdir / "script")
        files = [self._download(url, workdir / "work") for url in special.files]
        python_files = [self._python_file(url) for url in special.python_files]
        entries = [job_arguments.python_path_entry(file) for file in python_files]
        modules = self._modules(special)
        shipped = self._shipped([script, *python_files], special)
        name, job_id, run_id = self.ids
        line = job_arguments.command_line(arguments, job_name=name, job_id=job_id, run_id=run_id)
        if self.settings["Command"]["Name"] == "pythonshell":
            command = [sys.executable, str(script), *line]
            extra = {"PYTHONPATH": str(python_shell.library(workdir))}
        else:
            self.loan = Loan.lend(self.bookmarks, arguments, workdir / "bookmark.json")
            self.cluster = self._cluster(python_files, files)
            if modules and self.cluster:
                python_files.append(python_modules.packed(modules, workdir))
            brought = table_formats.bring(special.formats, workdir, errors.write)
            entries += brought.python
            command, extra = self._spark(script, line, special, brought, connections)
            extra[data_quality_results.FILE_VARIABLE] = str(
                workdir / data_quality_results.FILE_NAME
            )
        entries += [folder for folder in (modules, shipped) if folder]
        path = [*map(str, dict.fromkeys(entries)), extra["PYTHONPATH"]]
        extra.update({"PYTHONPATH": ":".join(path), **special.driver_variables})
        if self.loan is not None:
            extra[FILE_VARIABLE] = str(self.loan.path)
        environment = clean_environment(
            self.account, self.region, workdir / "home", extra, what="a Glue job"
        )
        return command, {**environment, marks.PROCESS: self.mark}

    def _modules(self, special: job_arguments.SpecialParameters) -> Path | None:
        """The folder of modules that the emulator's Python lacks (`python_modules`)."""
        wanted = python_modules.modules(
            special.modules,
            special.module_options,
            lambda url: self._download(url, self.workdir / "extra"),
        )
        return python_modules.environment(wanted, self.run, self.errors.write)

    def _shipped(
        self, sources: list[Path], special: job_arguments.SpecialParameters
    ) -> Path | None:
        """The folder of what the job imports, does not bring, and AWS Glue does."""
        names = shipped_modules.imported(sources)
        packages = shipped_modules.wanted(self.settings["Command"]["Name"], names)
        own = {python_modules.name_of(each) for each in special.modules}
        packages = [name for name in packages if name not in own]
        return shipped_modules.folder(packages, self.errors.write)

    def _cluster(self, python_files: list[Path], files: list[Path]) -> OnCluster | None:
        place = self.account, self.region, self.workdir / "home"
        # With the mark, so that executors end with the driver, at once.
        environment = {**clean_environment(*place, what="a Glue job"), marks.PROCESS: self.mark}
        return on_cluster(self.settings, environment, python_files, files, self.errors.write)

    def _spark(
        self,
        script: Path,
        line: list[str],
        special: job_arguments.SpecialParameters,
        brought: table_formats.Brought,
        connections: list[dict[str, Any]],
    ) -> tuple[list[str], dict[str, str]]:
        from lakestack.services.glue.spark import database_drivers
        from lakestack.services.glue.spark.command import spark_command

        workdir = self.workdir
        words = [*line, *database_drivers.connection_urls(self.account, self.region)]
        jars = dict.fromkeys([*special.jars, *connector_jars.urls(connections)])
        engines = database_drivers.engines([script, *(workdir / "extra").iterdir()], words)
        command, extra = spark_command(
            script,
            line,
            workdir=workdir,
            worker_count=self.settings.get("NumberOfWorkers"),
            account=self.account,
            region=self.region,
            data_catalog=special.data_catalog,
            jars=[self._download(url, workdir / "jars") for url in jars],
            jars_first=special.jars_first,
            drivers=[*database_drivers.jars(engines, self.errors.write), *brought.jars],
            cluster=self.cluster,
            variables=special.executor_variables,
        )
        if conf := (*brought.settings, *special.spark_conf):  # of one name the last one wins
            at = command.index(str(script))  # SparkSubmit's own options stand before the script
            command[at:at] = [part for each in conf for part in ("--conf", each)]
        return command, {**extra, **dict(brought.variables)}

    def _python_file(self, url: str) -> Path:
        folder = self.workdir / "extra"
        own = studio_transforms.module(url, folder)
        return own or self._download(url, folder)

    def _download(self, url: str, folder: Path) -> Path:
        return download(self.account, self.region, url, folder)
