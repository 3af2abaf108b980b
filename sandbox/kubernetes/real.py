"""A real kube-apiserver with its etcd, as child processes, in place of the sandbox's own API server.

Used by the sandbox and by tests when `KUBEBUILDER_ASSETS` names a folder with both programs (envtest's convention).
Everything is on the loopback address and in one directory. Service accounts are off: pods need none here.
"""

import asyncio
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.kubernetes.client import Access, ApiError, Client

ASSETS_VARIABLE = "KUBEBUILDER_ASSETS"

_HOST = "127.0.0.1"
_READY_SECONDS = 60.0
_STOP_SECONDS = 2.0
"""Asked to end, kube-apiserver waits up to a minute for open watches; its data is safe in etcd before that."""
_POLL_SECONDS = 0.1


class RealApiServerError(Exception):
    """kube-apiserver or etcd is missing, or did not come up; the message has the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    process: asyncio.subprocess.Process
    log: Path


class RealApiServer:
    """One kube-apiserver and one etcd. The data stays in the directory: stopped and started again, all is as it was."""

    def __init__(self, assets: Path, directory: Path, *, port: int = 0) -> None:
        self._assets = assets
        self._directory = directory
        self._port = port
        self._programs: list[_Program] = []
        self._token = secrets.token_hex(16)

    async def start(self) -> Access:
        """Start both and return when the API is ready. Raises RealApiServerError."""
        for name in ("etcd", "kube-apiserver"):
            if not (self._assets / name).exists():
                raise RealApiServerError(f"{ASSETS_VARIABLE} is {self._assets}, which has no {name}")
        self._directory.mkdir(parents=True, exist_ok=True)
        self._port = self._port or free_port()
        try:
            etcd_url = await self._start_etcd()
            return await self._start_api_server(etcd_url)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop both, the API server first."""
        while self._programs:
            await _end(self._programs.pop().process)

    async def restart(self) -> Access:
        """Stop and start on the same address with the same data, as a control plane upgrade does."""
        await self.stop()
        return await self.start()

    async def broken(self) -> str:
        """Wait until one of the two ends without having been stopped; says which, with the end of its log."""
        ends = {asyncio.create_task(one.process.wait()): one for one in self._programs}
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in ends:
                task.cancel()
        program = ends[done.pop()]
        return f"{program.log.stem} ended with code {program.process.returncode}{_tail(program)}"

    async def _start_etcd(self) -> str:
        client, peer = (f"http://{_HOST}:{free_port()}" for _ in range(2))
        flags = {
            "name": "sandbox",
            "data-dir": str(self._directory / "etcd"),
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"sandbox={peer}",
            "unsafe-no-fsync": "true",
            "log-level": "warn",
        }
        await self._launch("etcd", flags)
        return client

    async def _start_api_server(self, etcd_url: str) -> Access:
        certificates = self._directory / "certificates"
        key = self._service_account_key()
        tokens = self._directory / "tokens.csv"
        tokens.touch(mode=0o600)
        tokens.write_text(f'{self._token},sandbox-admin,sandbox-admin,"system:masters"\n')
        flags = {
            "etcd-servers": etcd_url,
            "bind-address": _HOST,
            "advertise-address": _HOST,
            "secure-port": str(self._port),
            "cert-dir": str(certificates),
            "token-auth-file": str(tokens),
            "authorization-mode": "RBAC",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": str(key),
            "service-account-signing-key-file": str(key),
            "service-cluster-ip-range": "10.96.0.0/16",
            "disable-admission-plugins": "ServiceAccount",
            "endpoint-reconciler-type": "none",
            "allow-privileged": "true",
        }
        program = await self._launch("kube-apiserver", flags)
        certificate = certificates / "apiserver.crt"
        url = f"https://{_HOST}:{self._port}"
        try:
            async with asyncio.timeout(_READY_SECONDS):
                while not certificate.exists():
                    await _pause(program)
                access = Access(url=url, token=self._token, ca_file=certificate)
                async with Client(access, user_agent="sandbox-launcher") as client:
                    while not await _is_ready(client):
                        await _pause(program)
        except TimeoutError as error:
            raise RealApiServerError(
                f"kube-apiserver was not ready after {_READY_SECONDS:g} s{_tail(program)}"
            ) from error
        return access

    def _service_account_key(self) -> Path:
        """The API server wants a signing key also where no service account is used."""
        path = self._directory / "service-account.key"
        if not path.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            path.touch(mode=0o600)
            path.write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.TraditionalOpenSSL,
                    serialization.NoEncryption(),
                )
            )
        return path

    async def _launch(self, name: str, flags: dict[str, str]) -> _Program:
        # The children must not outlive a sandbox that is killed, and must not see the terminal's Ctrl-C before it.
        guard = shutil.which("setpriv")
        prefix = [guard, "--pdeathsig", "KILL"] if guard else []
        command = [*prefix, str(self._assets / name), *(f"--{flag}={value}" for flag, value in flags.items())]
        log = self._directory / f"{name}.log"
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        program = _Program(process=process, log=log)
        self._programs.append(program)
        return program


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


async def _is_ready(client: Client) -> bool:
    try:
        # A list of a namespaced resource works only once the bootstrap roles and the default namespace are there.
        await client.request("GET", "/api/v1/namespaces/default")
    except (ApiError, aiohttp.ClientError, TimeoutError):
        return False
    return True


async def _pause(program: _Program) -> None:
    if program.process.returncode is not None:
        raise RealApiServerError(f"{program.log.stem} ended with code {program.process.returncode}{_tail(program)}")
    await asyncio.sleep(_POLL_SECONDS)


def _tail(program: _Program) -> str:
    lines = program.log.read_text(errors="replace").splitlines()[-5:]
    return "".join(f"\n  {line}" for line in lines)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
