//! The roles every cluster begins with, as Kubernetes has them.

/// A rule; lists are separated by commas.
pub(super) struct Rule {
    pub(super) verbs: &'static str,
    pub(super) groups: &'static str,
    pub(super) resources: &'static str,
    pub(super) names: &'static str,
    /// When there are some, the rule is about these and nothing else.
    pub(super) paths: &'static str,
}

/// A role.
pub(super) struct Role {
    /// Empty: a cluster role.
    pub(super) namespace: &'static str,
    pub(super) name: &'static str,
    /// The aggregated role its rules become part of: `admin`, `edit`, `view`.
    pub(super) part_of: &'static str,
    /// Its rules are those of the roles that are part of this one.
    pub(super) gathers: &'static str,
    pub(super) rules: &'static [Rule],
}

const fn on(groups: &'static str, resources: &'static str, verbs: &'static str) -> Rule {
    Rule { verbs, groups, resources, names: "", paths: "" }
}

const fn named(
    groups: &'static str,
    resources: &'static str,
    names: &'static str,
    verbs: &'static str,
) -> Rule {
    Rule { verbs, groups, resources, names, paths: "" }
}

const fn at(paths: &'static str, verbs: &'static str) -> Rule {
    Rule { verbs, groups: "", resources: "", names: "", paths }
}

const fn role(name: &'static str, rules: &'static [Rule]) -> Role {
    Role { namespace: "", name, part_of: "", gathers: "", rules }
}

const fn part(part_of: &'static str, name: &'static str, rules: &'static [Rule]) -> Role {
    Role { part_of, ..role(name, rules) }
}

const fn gathering(gathers: &'static str, part_of: &'static str) -> Role {
    Role { part_of, gathers, ..role(gathers, &[]) }
}

const fn local(namespace: &'static str, name: &'static str, rules: &'static [Rule]) -> Role {
    Role { namespace, ..role(name, rules) }
}

const READ: &str = "get,list,watch";
const CHANGE: &str = "create,delete,deletecollection,patch,update";
const ALL: &str = "create,delete,deletecollection,get,list,patch,update,watch";
const TELL: &str = "create,patch,update";

const CERTIFICATES: &str = "certificates.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
const TOKENS: Rule = on("authentication.k8s.io", "tokenreviews", "create");
const ACCESS: Rule = on("authorization.k8s.io", "subjectaccessreviews", "create");

/// All of them.
pub(super) const ROLES: &[Role] = &[
    role("cluster-admin", &[on("*", "*", "*"), at("*", "*")]),
    gathering("admin", ""),
    gathering("edit", "admin"),
    gathering("view", "edit"),
    part(
        "admin",
        "system:aggregate-to-admin",
        &[
            on("authorization.k8s.io", "localsubjectaccessreviews", "create"),
            on(RBAC, "rolebindings,roles", ALL),
        ],
    ),
    part(
        "edit",
        "system:aggregate-to-edit",
        &[
            on("", "pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy", READ),
            on("", "serviceaccounts", "impersonate"),
            on("", "pods,pods/attach,pods/exec,pods/portforward,pods/proxy", CHANGE),
            on("", "pods/eviction", "create"),
            on(
                "",
                "configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy",
                CHANGE,
            ),
            on("", "serviceaccounts/token", "create"),
            on(
                "apps",
                "daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale",
                CHANGE,
            ),
            on("autoscaling", "horizontalpodautoscalers", CHANGE),
            on("batch", "cronjobs,jobs", CHANGE),
            on(
                "extensions",
                "daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale",
                CHANGE,
            ),
            on("policy", "poddisruptionbudgets", CHANGE),
            on("networking.k8s.io", "ingresses,networkpolicies", CHANGE),
            on("coordination.k8s.io", "leases", ALL),
        ],
    ),
    part(
        "view",
        "system:aggregate-to-view",
        &[
            on(
                "",
                "configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status",
                READ,
            ),
            on(
                "",
                "bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status",
                READ,
            ),
            on("", "namespaces", READ),
            on("discovery.k8s.io", "endpointslices", READ),
            on(
                "apps",
                "controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status",
                READ,
            ),
            on("autoscaling", "horizontalpodautoscalers,horizontalpodautoscalers/status", READ),
            on("batch", "cronjobs,cronjobs/status,jobs,jobs/status", READ),
            on(
                "extensions",
                "daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale",
                READ,
            ),
            on("policy", "poddisruptionbudgets,poddisruptionbudgets/status", READ),
            on("networking.k8s.io", "ingresses,ingresses/status,networkpolicies", READ),
        ],
    ),
    role("system:auth-delegator", &[TOKENS, ACCESS]),
    role(
        "system:basic-user",
        &[
            on("authorization.k8s.io", "selfsubjectaccessreviews,selfsubjectrulesreviews", "create"),
            on("authentication.k8s.io", "selfsubjectreviews", "create"),
        ],
    ),
    role(
        "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
        &[on(CERTIFICATES, "certificatesigningrequests/nodeclient", "create")],
    ),
    role(
        "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
        &[on(CERTIFICATES, "certificatesigningrequests/selfnodeclient", "create")],
    ),
    role(
        "system:certificates.k8s.io:kube-apiserver-client-approver",
        &[named(CERTIFICATES, "signers", "kubernetes.io/kube-apiserver-client", "approve")],
    ),
    role(
        "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver",
        &[named(CERTIFICATES, "signers", "kubernetes.io/kube-apiserver-client-kubelet", "approve")],
    ),
    role(
        "system:certificates.k8s.io:kubelet-serving-approver",
        &[named(CERTIFICATES, "signers", "kubernetes.io/kubelet-serving", "approve")],
    ),
    role(
        "system:certificates.k8s.io:legacy-unknown-approver",
        &[named(CERTIFICATES, "signers", "kubernetes.io/legacy-unknown", "approve")],
    ),
    role(
        "system:discovery",
        &[at(
            "/api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/",
            "get",
        )],
    ),
    role(
        "system:heapster",
        &[on("", "events,namespaces,nodes,pods", READ), on("extensions", "deployments", READ)],
    ),
    role("system:kube-aggregator", &[on("", "endpoints,services", READ)]),
    role(
        "system:kube-controller-manager",
        &[
            on(",events.k8s.io", "events", TELL),
            on("coordination.k8s.io", "leases", "create"),
            named("coordination.k8s.io", "leases", "kube-controller-manager", "get,update"),
            on("", "secrets,serviceaccounts", "create"),
            on("", "secrets", "delete"),
            on("", "configmaps,namespaces,secrets,serviceaccounts", "get"),
            on("", "secrets,serviceaccounts", "update"),
            TOKENS,
            ACCESS,
            on("*", "*", "list,watch"),
            on("", "serviceaccounts/token", "create"),
        ],
    ),
    role("system:kube-dns", &[on("", "endpoints,services", "list,watch")]),
    role(
        "system:kube-scheduler",
        &[
            on(",events.k8s.io", "events", TELL),
            on("coordination.k8s.io", "leases", "create"),
            named("coordination.k8s.io", "leases", "kube-scheduler", "get,update"),
            on("", "nodes", READ),
            on("", "pods", "delete,get,list,watch"),
            on("", "bindings,pods/binding", "create"),
            on("", "pods/status", "patch,update"),
            on("", "replicationcontrollers,services", READ),
            on("apps,extensions", "replicasets", READ),
            on("apps", "statefulsets", READ),
            on("policy", "poddisruptionbudgets", READ),
            on("", "persistentvolumeclaims,persistentvolumes", READ),
            TOKENS,
            ACCESS,
            on("storage.k8s.io", "csinodes", READ),
            on("", "namespaces", READ),
            on("storage.k8s.io", "csidrivers", READ),
            on("storage.k8s.io", "csistoragecapacities", READ),
        ],
    ),
    role(
        "system:monitoring",
        &[at("/healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*", "get")],
    ),
    role(
        "system:node",
        &[
            TOKENS,
            on("authorization.k8s.io", "localsubjectaccessreviews,subjectaccessreviews", "create"),
            on("", "services", READ),
            on("", "nodes", "create,get,list,watch"),
            on("", "nodes/status", "patch,update"),
            on("", "nodes", "patch,update"),
            on(",events.k8s.io", "events", TELL),
            on("", "pods", READ),
            on("", "pods", "create,delete"),
            on("", "pods/status", "patch,update"),
            on("", "pods/eviction", "create"),
            on("", "configmaps,secrets", READ),
            on("", "persistentvolumeclaims,persistentvolumes", "get"),
            on("", "endpoints", "get"),
            on(CERTIFICATES, "certificatesigningrequests", "create,get,list,watch"),
            on("coordination.k8s.io", "leases", "create,delete,get,patch,update"),
            on("storage.k8s.io", "volumeattachments", "get"),
            on("", "serviceaccounts/token", "create"),
            on("", "persistentvolumeclaims/status", "get,patch,update"),
            on("storage.k8s.io", "csidrivers", READ),
            on("storage.k8s.io", "csinodes", "create,delete,get,patch,update"),
            on("node.k8s.io", "runtimeclasses", READ),
        ],
    ),
    role(
        "system:node-bootstrapper",
        &[on(CERTIFICATES, "certificatesigningrequests", "create,get,list,watch")],
    ),
    role(
        "system:node-problem-detector",
        &[on("", "nodes", "get"), on("", "nodes/status", "patch"), on(",events.k8s.io", "events", TELL)],
    ),
    role(
        "system:node-proxier",
        &[
            on("", "endpoints,services", "list,watch"),
            on("", "nodes", READ),
            on(",events.k8s.io", "events", TELL),
            on("discovery.k8s.io", "endpointslices", "list,watch"),
        ],
    ),
    role(
        "system:persistent-volume-provisioner",
        &[
            on("", "persistentvolumes", "create,delete,get,list,watch"),
            on("", "persistentvolumeclaims", "get,list,update,watch"),
            on("storage.k8s.io", "storageclasses", READ),
            on("", "events", "watch"),
            on(",events.k8s.io", "events", TELL),
        ],
    ),
    role("system:public-info-viewer", &[at("/healthz,/livez,/readyz,/version,/version/", "get")]),
    role(
        "system:service-account-issuer-discovery",
        &[at(
            "/.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/",
            "get",
        )],
    ),
    role(
        "system:volume-scheduler",
        &[
            on("", "persistentvolumes", "get,list,patch,update,watch"),
            on("storage.k8s.io", "storageclasses", READ),
            on("", "persistentvolumeclaims", "get,list,patch,update,watch"),
        ],
    ),
    local(
        "kube-system",
        "extension-apiserver-authentication-reader",
        &[named("", "configmaps", "extension-apiserver-authentication", READ)],
    ),
    local(
        "kube-public",
        "kubeadm:bootstrap-signer-clusterinfo",
        &[named("", "configmaps", "cluster-info", "get")],
    ),
];

/// Who has which of them: namespace of the binding, its name, the role, and `Kind:name` of the subjects.
pub(super) const BINDINGS: &[(&str, &str, &str, &str)] = &[
    ("", "cluster-admin", "cluster-admin", "Group:system:masters"),
    ("", "system:basic-user", "system:basic-user", "Group:system:authenticated"),
    ("", "system:discovery", "system:discovery", "Group:system:authenticated"),
    (
        "",
        "system:kube-controller-manager",
        "system:kube-controller-manager",
        "User:system:kube-controller-manager",
    ),
    ("", "system:kube-dns", "system:kube-dns", "ServiceAccount:kube-system/kube-dns"),
    ("", "system:kube-scheduler", "system:kube-scheduler", "User:system:kube-scheduler"),
    ("", "system:monitoring", "system:monitoring", "Group:system:monitoring"),
    ("", "system:node", "system:node", ""),
    ("", "system:node-proxier", "system:node-proxier", "User:system:kube-proxy"),
    (
        "",
        "system:public-info-viewer",
        "system:public-info-viewer",
        "Group:system:authenticated,Group:system:unauthenticated",
    ),
    (
        "",
        "system:service-account-issuer-discovery",
        "system:service-account-issuer-discovery",
        "Group:system:serviceaccounts",
    ),
    ("", "system:volume-scheduler", "system:volume-scheduler", "User:system:kube-scheduler"),
    (
        "kube-system",
        "system::extension-apiserver-authentication-reader",
        "extension-apiserver-authentication-reader",
        "User:system:kube-controller-manager,User:system:kube-scheduler",
    ),
    (
        "kube-public",
        "kubeadm:bootstrap-signer-clusterinfo",
        "kubeadm:bootstrap-signer-clusterinfo",
        "User:system:anonymous",
    ),
];
