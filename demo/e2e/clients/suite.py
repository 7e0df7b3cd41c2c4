"""What the Python client does with any cluster: create, list, patch, watch, exec, port-forward, delete.

Says one line a step; ends with 1 at the first that goes another way.
"""

import sys
import threading
import time

from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.rest import ApiException
from kubernetes.stream import portforward, stream

NAMESPACE = "python-client"


def step(name):
    print(name, flush=True)


def until(what, fact, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = fact()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def refused(status, ask):
    try:
        ask()
    except ApiException as error:
        assert error.status == status, error
        return error
    raise AssertionError(f"not refused with {status}")


def main():
    config.load_kube_config()
    core, apps = client.CoreV1Api(), client.AppsV1Api()

    step("version and discovery")
    assert client.VersionApi().get_code().minor == "35"
    assert any(group.name == "apps" for group in client.ApisApi().get_api_versions().groups)

    step("create")
    try:
        core.delete_namespace(NAMESPACE)
        until("the old namespace going", lambda: NAMESPACE not in [n.metadata.name for n in core.list_namespace().items])
    except ApiException as error:
        assert error.status == 404, error
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
    refused(409, lambda: core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE))))

    step("watch")
    seen = []
    now = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version

    def look():
        for event in watch.Watch().stream(core.list_namespaced_config_map, NAMESPACE, resource_version=now):
            seen.append((event["type"], event["object"].metadata.name))
            if event["type"] == "DELETED":
                return

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    settings = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="settings"), data={"a": "1"})
    core.create_namespaced_config_map(NAMESPACE, settings)

    step("patch")
    patched = core.patch_namespaced_config_map("settings", NAMESPACE, {"data": {"b": "2"}})
    assert patched.data == {"a": "1", "b": "2"}, patched.data
    patched.metadata.resource_version = "1"
    refused(409, lambda: core.replace_namespaced_config_map("settings", NAMESPACE, patched))
    error = refused(422, lambda: core.patch_namespaced_config_map("settings", NAMESPACE, {"metadata": {"labels": {"!": "x"}}}))
    assert "metadata.labels" in error.body, error.body

    step("dynamic client and server-side apply")
    resources = dynamic.DynamicClient(client.ApiClient())
    maps = resources.resources.get(api_version="v1", kind="ConfigMap")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied", "namespace": NAMESPACE}, "data": {"c": "3"}}
    applied = maps.server_side_apply(body=body, name="applied", namespace=NAMESPACE, field_manager="python")
    assert applied.metadata.managedFields[0].manager == "python", applied.metadata.managedFields

    step("pages")
    first = core.list_namespaced_config_map(NAMESPACE, limit=1)
    second = core.list_namespaced_config_map(NAMESPACE, limit=1, _continue=first.metadata._continue)
    assert first.items[0].metadata.name != second.items[0].metadata.name

    step("a deployment from YAML objects")
    utils.create_from_dict(client.ApiClient(), {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [
                {"name": "web", "image": "service_test:latest", "imagePullPolicy": "IfNotPresent"}]}}},
    })
    until("a ready replica", lambda: apps.read_namespaced_deployment_status("web", NAMESPACE).status.ready_replicas == 1)
    apps.patch_namespaced_deployment_scale("web", NAMESPACE, {"spec": {"replicas": 2}})
    until("two", lambda: apps.read_namespaced_deployment_scale("web", NAMESPACE).status.replicas == 2)

    step("exec")
    pod = core.list_namespaced_pod(NAMESPACE, label_selector="app=web", field_selector="status.phase=Running").items[0].metadata.name
    said = stream(core.connect_get_namespaced_pod_exec, pod, NAMESPACE, command=["cat", "/www/util"], stdout=True, stderr=True)
    assert said == "This is server\n", repr(said)
    session = stream(core.connect_get_namespaced_pod_exec, pod, NAMESPACE, command=["sh", "-c", "exit 7"], stdout=True, stderr=True, _preload_content=False)
    session.run_forever(timeout=10)
    assert session.returncode == 7, session.returncode

    step("port-forward")
    forward = portforward(core.connect_get_namespaced_pod_portforward, pod, NAMESPACE, ports="8080")
    socket = forward.socket(8080)
    socket.setblocking(True)
    socket.sendall(b"GET /util HTTP/1.0\r\n\r\n")
    answer = b""
    while b"This is server" not in answer:
        piece = socket.recv(4096)
        assert piece, answer
        answer += piece
    socket.close()

    step("logs and events")
    core.read_namespaced_pod_log(pod, NAMESPACE)
    assert core.list_namespaced_event(NAMESPACE).items

    step("delete")
    core.delete_namespaced_config_map("settings", NAMESPACE)
    watcher.join(20)
    assert [kind for kind, name in seen if name == "settings"] == ["ADDED", "MODIFIED", "DELETED"], seen
    core.delete_namespace(NAMESPACE)
    until("the namespace going", lambda: NAMESPACE not in [n.metadata.name for n in core.list_namespace().items])
    print("all well")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        sys.exit(f"it went another way: {error}")
