# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The schema of the variables document. Written by scripts/variables_schema.py from the argument specs of modules and roles."""

from __future__ import annotations

import typing as t

Part = dict[str, t.Any]

# fmt: off
_PART_1: Part = {
    'type': 'str',
    'choices': [
        'auto',
        'client_secret',
        'client_certificate',
        'federated',
        'managed_identity',
        'interactive',
        'device_code',
        'token',
    ],
    'default': 'auto',
    'may_be_empty': True,
}
_PART_2: Part = {
    'retries': {'type': 'int', 'default': 4},
    'deadline': {'type': 'int', 'default': 900},
    'auth_method': _PART_1,
    'tenant_id': {'type': 'str', 'may_be_empty': True},
    'client_id': {'type': 'str', 'may_be_empty': True},
    'client_secret': {'type': 'str', 'may_be_empty': True},
    'client_certificate': {'type': 'str', 'may_be_empty': True},
    'client_certificate_password': {'type': 'str', 'may_be_empty': True},
    'federated_token': {'type': 'str', 'may_be_empty': True},
    'federated_token_file': {'type': 'path', 'may_be_empty': True},
    'federated_managed_identity': {'type': 'str'},
    'managed_identity_client_id': {'type': 'str'},
    'access_token': {'type': 'str', 'may_be_empty': True},
    'sign_in_on': {'type': 'str', 'choices': ['controller', 'target'], 'default': 'controller', 'may_be_empty': True},
    'token_cache': {'type': 'str', 'choices': ['run', 'file', 'none'], 'default': 'run', 'may_be_empty': True},
    'cloud': {
        'type': 'str',
        'choices': ['public', 'usgov', 'usgovdod', 'china'],
        'default': 'public',
        'may_be_empty': True,
    },
    'authority_url': {'type': 'str', 'may_be_empty': True},
    'graph_url': {'type': 'str', 'may_be_empty': True},
    'instance_discovery': {'type': 'bool', 'default': True},
    'ca_path': {'type': 'path', 'may_be_empty': True},
    'validate_certs': {'type': 'bool', 'default': True},
    'proxy': {'type': 'str', 'may_be_empty': True},
    'timeout': {'type': 'int', 'default': 30},
}
_PART_3: Part = {'type': 'dict', 'options': _PART_2}
_PART_4: Part = {
    'path': {'type': 'str', 'required': True, 'may_be_empty': True},
    'mount': {'type': 'str', 'default': 'secret', 'may_be_empty': True},
    'url': {'type': 'str', 'may_be_empty': True},
    'namespace': {'type': 'str', 'may_be_empty': True},
    'token': {'type': 'str', 'may_be_empty': True},
    'role_id': {'type': 'str', 'may_be_empty': True},
    'secret_id': {'type': 'str', 'may_be_empty': True},
    'approle_mount': {'type': 'str', 'default': 'approle', 'may_be_empty': True},
    'ca_path': {'type': 'path', 'may_be_empty': True},
}
_PART_5: Part = {
    'type': 'dict',
    'required_together': [['role_id', 'secret_id']],
    'mutually_exclusive': [['token', 'role_id']],
    'options': _PART_4,
}
_PART_6: Part = {'file': {'type': 'path', 'may_be_empty': True}, 'hashi_vault': _PART_5}
_PART_7: Part = {
    'type': 'str',
    'choices': [
        'entra_backup',
        'entra_backup_restore',
        'exchange_backup_restore',
        'management_api',
        'mcp_server',
        'onedrive_backup',
        'onedrive_backup_restore',
        'sharepoint_backup',
        'sharepoint_backup_restore',
        'sign_on',
        'teams_backup',
        'teams_backup_restore',
    ],
}
_PART_8: Part = {
    'preset': _PART_7,
    'api': {'type': 'str'},
    'application': {'type': 'list', 'elements': 'str'},
    'delegated': {'type': 'list', 'elements': 'str'},
}
_PART_9: Part = {
    'type': 'list',
    'elements': 'dict',
    'required_one_of': [['preset', 'api']],
    'mutually_exclusive': [['preset', 'api'], ['preset', 'application'], ['preset', 'delegated']],
    'options': _PART_8,
}
_PART_10: Part = {
    'additional_properties': {'type': 'list', 'elements': 'str'},
    'essential': {'type': 'bool'},
    'name': {'type': 'str', 'required': True},
    'source': {'type': 'str', 'may_be_empty': True},
}
_PART_11: Part = {'type': 'list', 'elements': 'dict', 'options': _PART_10}
_PART_12: Part = {
    'name': {'words': 'a name', 'forms': [{'type': 'str'}, {'type': 'int'}]},
    'id': {'words': 'an id (a number)', 'forms': [{'type': 'int'}, {'type': 'str'}]},
    'company': {'words': 'a name, or an id (a number)', 'forms': [{'type': 'str'}, {'type': 'int'}]},
}
_PART_13: Part = {'type': 'dict', 'required_one_of': [['name', 'id']], 'loose_with': ['id'], 'options': _PART_12}
_PART_14: Part = {
    'matching': {'type': 'str', 'required': True},
    'at_most': {'type': 'int', 'required': True},
    'company': {'words': 'a name, or an id (a number)', 'forms': [{'type': 'str'}, {'type': 'int'}]},
}
_PART_15: Part = {'type': 'dict', 'options': _PART_14}
_PART_16: Part = {
    'words': 'a name, an id (a number), or a mapping with name or id, and company',
    'forms': [{'type': 'str'}, {'type': 'int'}, _PART_13],
}
_PART_17: Part = {'type': 'list', 'items': _PART_16}
_PART_18: Part = {
    'words': 'all, a name, a list of names, or {matching: PATTERN, at_most: NUMBER}',
    'not_null': True,
    'forms': [{'type': 'str'}, {'type': 'int'}, _PART_13, _PART_15, _PART_17],
}
_PART_19: Part = {
    'type': 'str',
    'choices': ['azure_guid', 'object_id_name', 'display_name', 'sam_account_name'],
    'default': 'azure_guid',
}
_PART_20: Part = {'type': 'list', 'elements': 'raw', 'items': _PART_16}
_PART_21: Part = {'user': _PART_16, 'user_group': _PART_16}
_PART_22: Part = {
    'type': 'list',
    'elements': 'str',
    'choices': [
        'mfa',
        'compliant_device',
        'hybrid_joined_device',
        'approved_application',
        'protected_application',
        'password_change',
        'risk_remediation',
        'authentication_strength',
        'terms_of_use',
    ],
}
_PART_23: Part = {
    'user': {'type': 'str'},
    'service_principal': {'type': 'str'},
    'application': {'type': 'str'},
    'address': {'type': 'str'},
    'country': {'type': 'str'},
    'can': _PART_22,
}
_PART_24: Part = {
    'type': 'list',
    'elements': 'dict',
    'required_one_of': [['user', 'service_principal']],
    'mutually_exclusive': [['user', 'service_principal']],
    'options': _PART_23,
}
_PART_25: Part = {
    'users': {'type': 'list', 'elements': 'str'},
    'groups': {'type': 'list', 'elements': 'str'},
    'roles': {'type': 'list', 'elements': 'str'},
}
_PART_26: Part = {'type': 'dict', 'options': _PART_25}
_PART_27: Part = {
    'type': 'list',
    'elements': 'str',
    'choices': [
        'block',
        'mfa',
        'compliant_device',
        'hybrid_joined_device',
        'approved_application',
        'protected_application',
        'password_change',
        'risk_remediation',
    ],
}
_PART_28: Part = {
    'type': 'list',
    'elements': 'str',
    'choices': [
        'internal_guest',
        'b2b_collaboration_guest',
        'b2b_collaboration_member',
        'b2b_direct_connect_user',
        'other_external_user',
        'service_provider',
    ],
}
_PART_29: Part = {'types': _PART_28, 'tenants': {'type': 'list', 'elements': 'str'}}
_PART_30: Part = {'type': 'dict', 'options': _PART_29}
_PART_31: Part = {
    'users': {'type': 'list', 'elements': 'str'},
    'groups': {'type': 'list', 'elements': 'str'},
    'roles': {'type': 'list', 'elements': 'str'},
    'guests': _PART_30,
}
_PART_32: Part = {'type': 'dict', 'options': _PART_31}
_PART_33: Part = {
    'path': {'type': 'str', 'required': True},
    'mount': {'type': 'str', 'default': 'secret'},
    'url': {'type': 'str'},
    'namespace': {'type': 'str'},
    'token': {'type': 'str'},
    'role_id': {'type': 'str'},
    'secret_id': {'type': 'str'},
    'approle_mount': {'type': 'str', 'default': 'approle'},
    'ca_path': {'type': 'path'},
    'field': {'type': 'str', 'default': 'value'},
}
_PART_34: Part = {
    'type': 'dict',
    'required_together': [['role_id', 'secret_id']],
    'mutually_exclusive': [['token', 'role_id']],
    'options': _PART_33,
}
_PART_35: Part = {
    'type': 'dict',
    'options': {'vault_url': {'type': 'str', 'required': True}, 'name': {'type': 'str', 'required': True}},
}
_PART_36: Part = {
    'type': 'dict',
    'options': {'name': {'type': 'str', 'required': True}, 'company': {'type': 'str'}, 'commcell': {'type': 'str'}},
}
_PART_37: Part = {
    'type': 'str',
    'choices': [
        'token_file',
        'managed_identity',
        'federated_managed_identity',
        'client_certificate',
        'client_secret',
    ],
}
_PART_38: Part = {'method': _PART_37, 'credential': {'type': 'str'}}
_PART_39: Part = {'type': 'dict', 'options': _PART_38}
_PART_40: Part = {
    'variable': {'type': 'str', 'required': True},
    'question': {'type': 'str', 'required': True},
    'type': {'type': 'str', 'choices': ['text', 'textarea', 'integer', 'float', 'multiplechoice', 'multiselect']},
    'required': {'type': 'bool'},
    'default': {'type': 'raw'},
    'choices': {'type': 'list', 'elements': 'str'},
    'min': {'type': 'int'},
    'max': {'type': 'int'},
}
_PART_41: Part = {'type': 'list', 'elements': 'dict', 'options': _PART_40}
_PART_42: Part = {
    'type': 'dict',
    'options': {
        'name': {'type': 'str'},
        'rrule': {'type': 'str'},
        'enabled': {'type': 'bool'},
        'answers': {'type': 'dict'},
    },
}
_PART_43: Part = {
    'enabled': {'type': 'bool'},
    'identity': {'type': 'str', 'choices': ['converge', 'rotate', 'evidence']},
    'name': {'type': 'str'},
    'timeout': {'type': 'int'},
    'variables': {'type': 'dict'},
    'survey': _PART_41,
    'schedule': _PART_42,
}
_PART_44: Part = {'type': 'dict', 'options': _PART_43}
_PART_45: Part = {
    'username': {'type': 'str', 'required': True, 'may_be_empty': True},
    'password': {'type': 'str', 'required': True, 'may_be_empty': True},
    'pin': {'type': 'str', 'may_be_empty': True},
}
_PART_46: Part = {'type': 'dict', 'options': _PART_45}
_PART_47: Part = {'type': 'dict', 'values': _PART_46}
SCHEMA: dict[str, Part] = {
    'cvops_connection': {
        'type': 'dict',
        'options': {
            'entra': _PART_3,
            'commcells': {
                'type': 'dict',
                'values': {
                    'type': 'dict',
                    'options': {
                        'url': {
                            'type': 'str',
                            'may_be_empty': True,
                        },
                        'auth_method': {
                            'type': 'str',
                            'choices': [
                                'password',
                                'access_token',
                                'token_store',
                                'entra',
                            ],
                            'default': 'password',
                            'may_be_empty': True,
                        },
                        'username': {
                            'type': 'str',
                            'may_be_empty': True,
                        },
                        'password': {
                            'type': 'str',
                            'may_be_empty': True,
                        },
                        'pin': {
                            'type': 'str',
                            'may_be_empty': True,
                        },
                        'access_token': {
                            'type': 'str',
                            'may_be_empty': True,
                        },
                        'token_store': {
                            'type': 'dict',
                            'required_one_of': [
                                [
                                    'file',
                                    'hashi_vault',
                                ],
                            ],
                            'mutually_exclusive': [
                                [
                                    'file',
                                    'hashi_vault',
                                ],
                            ],
                            'options': _PART_6,
                        },
                        'entra_scope': {
                            'type': 'str',
                            'may_be_empty': True,
                        },
                        'entra_header': {
                            'type': 'str',
                            'choices': [
                                'Authorization',
                                'Authtoken',
                                'try_both',
                            ],
                            'default': 'Authorization',
                            'may_be_empty': True,
                        },
                        'proxy_scope': {
                            'type': 'str',
                            'may_be_empty': True,
                        },
                        'token_header': {
                            'type': 'str',
                            'choices': [
                                'Authtoken',
                                'Authorization',
                            ],
                            'default': 'Authtoken',
                            'may_be_empty': True,
                        },
                        'company': {
                            'type': 'str',
                            'may_be_empty': True,
                        },
                        'ca_path': {
                            'type': 'path',
                            'may_be_empty': True,
                        },
                        'validate_certs': {
                            'type': 'bool',
                            'default': True,
                        },
                        'proxy': {
                            'type': 'str',
                            'may_be_empty': True,
                        },
                        'timeout': {
                            'type': 'int',
                            'default': 60,
                        },
                    },
                },
            },
        },
    },
    'cvops_bootstrap': {
        'type': 'dict',
        'required_one_of': [['application', 'managed_identity']],
        'mutually_exclusive': [['application', 'managed_identity']],
        'required_by': {'secret': ['application']},
        'options': {
            'application': {
                'type': 'dict',
                'options': {
                    'unique_name': {'type': 'str'},
                    'app_id': {'type': 'str'},
                    'object_id': {'type': 'str'},
                    'display_name': {'type': 'str'},
                    'description': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                },
            },
            'managed_identity': {
                'type': 'dict',
                'options': {
                    'object_id': {
                        'type': 'str',
                        'required': True,
                    },
                },
            },
            'federated_credentials': {
                'type': 'list',
                'elements': 'dict',
                'required_if': [
                    [
                        'state',
                        'present',
                        [
                            'awx',
                            'github',
                            'gitlab',
                            'kubernetes',
                            'managed_identity',
                            'issuer',
                        ],
                        True,
                    ],
                ],
                'required_together': [
                    [
                        'issuer',
                        'subject',
                    ],
                ],
                'mutually_exclusive': [
                    [
                        'awx',
                        'github',
                        'gitlab',
                        'kubernetes',
                        'managed_identity',
                        'issuer',
                    ],
                ],
                'options': {
                    'name': {
                        'type': 'str',
                        'required': True,
                    },
                    'issuer': {'type': 'str'},
                    'subject': {'type': 'str'},
                    'audiences': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'description': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'awx': {
                        'type': 'dict',
                        'options': {
                            'issuer': {
                                'type': 'str',
                                'required': True,
                            },
                            'organization': {
                                'type': 'str',
                                'required': True,
                            },
                            'job_template': {
                                'type': 'str',
                                'required': True,
                            },
                        },
                    },
                    'github': {
                        'type': 'dict',
                        'required_together': [
                            [
                                'owner_id',
                                'repository_id',
                            ],
                        ],
                        'required_one_of': [
                            [
                                'branch',
                                'tag',
                                'environment',
                                'pull_request',
                            ],
                        ],
                        'mutually_exclusive': [
                            [
                                'branch',
                                'tag',
                                'environment',
                                'pull_request',
                            ],
                        ],
                        'options': {
                            'repository': {
                                'type': 'str',
                                'required': True,
                            },
                            'owner_id': {
                                'type': 'str',
                            },
                            'repository_id': {
                                'type': 'str',
                            },
                            'branch': {
                                'type': 'str',
                            },
                            'tag': {
                                'type': 'str',
                            },
                            'environment': {
                                'type': 'str',
                            },
                            'pull_request': {
                                'type': 'bool',
                            },
                            'issuer': {
                                'type': 'str',
                                'default': 'https://token.actions.githubusercontent.com',
                            },
                        },
                    },
                    'gitlab': {
                        'type': 'dict',
                        'required_one_of': [
                            [
                                'project',
                                'project_id',
                            ],
                            [
                                'branch',
                                'tag',
                            ],
                        ],
                        'mutually_exclusive': [
                            [
                                'project',
                                'project_id',
                            ],
                            [
                                'branch',
                                'tag',
                            ],
                        ],
                        'options': {
                            'project': {
                                'type': 'str',
                            },
                            'project_id': {
                                'type': 'str',
                            },
                            'branch': {
                                'type': 'str',
                            },
                            'tag': {
                                'type': 'str',
                            },
                            'issuer': {
                                'type': 'str',
                                'default': 'https://gitlab.com',
                            },
                        },
                    },
                    'kubernetes': {
                        'type': 'dict',
                        'options': {
                            'issuer': {
                                'type': 'str',
                                'required': True,
                            },
                            'namespace': {
                                'type': 'str',
                                'required': True,
                            },
                            'service_account': {
                                'type': 'str',
                                'required': True,
                            },
                        },
                    },
                    'managed_identity': {
                        'type': 'dict',
                        'options': {
                            'object_id': {
                                'type': 'str',
                                'required': True,
                            },
                        },
                    },
                },
            },
            'secret': {
                'type': 'dict',
                'options': {
                    'file': {'type': 'path', 'required': True},
                    'name': {
                        'type': 'str',
                        'default': 'cvops-bootstrap',
                    },
                    'lifetime_days': {
                        'type': 'int',
                        'default': 90,
                    },
                },
            },
            'api_permissions': _PART_9,
            'sign_in': _PART_3,
            'verify_with': _PART_3,
        },
    },
    'cvops_application': {
        'type': 'dict',
        'required_one_of': [['object_id', 'app_id', 'unique_name', 'display_name']],
        'required_by': {'accept_risk': ['accept_reason']},
        'options': {
            'accept_reason': {'type': 'str', 'may_be_empty': True},
            'accept_risk': {
                'type': 'list',
                'elements': 'str',
                'choices': ['kill_switch'],
            },
            'access_token_version': {'type': 'int', 'choices': [1, 2]},
            'api_permissions': _PART_9,
            'api_scopes': {
                'type': 'list',
                'elements': 'dict',
                'options': {
                    'admin_consent_description': {
                        'type': 'str',
                    },
                    'admin_consent_display_name': {
                        'type': 'str',
                    },
                    'enabled': {'type': 'bool'},
                    'id': {'type': 'str'},
                    'type': {
                        'type': 'str',
                        'choices': [
                            'Admin',
                            'User',
                        ],
                    },
                    'user_consent_description': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'user_consent_display_name': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'value': {
                        'type': 'str',
                        'required': True,
                    },
                },
            },
            'app_id': {'type': 'str'},
            'app_roles': {
                'type': 'list',
                'elements': 'dict',
                'options': {
                    'allowed_member_types': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'User',
                            'Application',
                        ],
                    },
                    'description': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'display_name': {'type': 'str'},
                    'enabled': {'type': 'bool'},
                    'id': {'type': 'str'},
                    'value': {
                        'type': 'str',
                        'required': True,
                    },
                },
            },
            'description': {'type': 'str', 'may_be_empty': True},
            'display_name': {'type': 'str'},
            'enabled': {'type': 'bool'},
            'exclusive': {'type': 'bool'},
            'group_claims': {
                'type': 'list',
                'elements': 'str',
                'choices': [
                    'SecurityGroup',
                    'DirectoryRole',
                    'ApplicationGroup',
                    'All',
                ],
            },
            'identifier_uris': {'type': 'list', 'elements': 'str'},
            'max_removals': {'type': 'int', 'default': 20},
            'notes': {'type': 'str', 'may_be_empty': True},
            'object_id': {'type': 'str'},
            'optional_claims': {
                'type': 'dict',
                'options': {
                    'access_token': _PART_11,
                    'id_token': _PART_11,
                    'saml2_token': _PART_11,
                },
            },
            'owners': {'type': 'list', 'elements': 'str'},
            'public_client': {
                'type': 'dict',
                'options': {
                    'redirect_uris': {
                        'type': 'list',
                        'elements': 'str',
                    },
                },
            },
            'restore_deleted': {'type': 'bool'},
            'sign_in_audience': {
                'type': 'str',
                'choices': [
                    'AzureADMyOrg',
                    'AzureADMultipleOrgs',
                    'AzureADandPersonalMicrosoftAccount',
                    'PersonalMicrosoftAccount',
                ],
            },
            'spa': {
                'type': 'dict',
                'options': {
                    'redirect_uris': {
                        'type': 'list',
                        'elements': 'str',
                    },
                },
            },
            'state': {
                'type': 'str',
                'choices': ['present', 'absent'],
                'default': 'present',
            },
            'tags': {'type': 'list', 'elements': 'str'},
            'unique_name': {'type': 'str'},
            'web': {
                'type': 'dict',
                'options': {
                    'home_page_url': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'implicit_grant': {
                        'type': 'dict',
                        'options': {
                            'access_tokens': {
                                'type': 'bool',
                            },
                            'id_tokens': {
                                'type': 'bool',
                            },
                        },
                    },
                    'logout_url': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'redirect_uris': {
                        'type': 'list',
                        'elements': 'str',
                    },
                },
            },
            'service_principal': {
                'type': 'dict',
                'options': {
                    'assignment_required': {
                        'type': 'bool',
                    },
                    'description': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'enabled': {'type': 'bool'},
                    'exclusive': {'type': 'bool'},
                    'login_url': {'type': 'str'},
                    'max_removals': {
                        'type': 'int',
                        'default': 20,
                    },
                    'notes': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'notification_emails': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'owners': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'relay_state': {
                        'type': 'str',
                    },
                    'reply_urls': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'sign_on_mode': {
                        'type': 'str',
                        'choices': [
                            'none',
                            'saml',
                            'oidc',
                            'password',
                            'notSupported',
                        ],
                    },
                    'signing_certificate': {
                        'type': 'dict',
                        'options': {
                            'activate': {
                                'type': 'str',
                                'default': 'never',
                            },
                            'lifetime_days': {
                                'type': 'int',
                                'default': 1095,
                            },
                            'name': {
                                'type': 'str',
                            },
                            'remove': {
                                'type': 'list',
                                'elements': 'str',
                            },
                            'renew_before_days': {
                                'type': 'int',
                                'default': 30,
                            },
                        },
                    },
                    'tags': {
                        'type': 'list',
                        'elements': 'str',
                    },
                },
            },
            'app_role_assignments': {
                'type': 'dict',
                'required_by': {
                    'accept_risk': [
                        'accept_reason',
                    ],
                },
                'options': {
                    'accept_reason': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'accept_risk': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'lock_out',
                            'own_rights',
                        ],
                    },
                    'assignments': {
                        'type': 'list',
                        'elements': 'dict',
                        'required': True,
                        'required_one_of': [
                            [
                                'group',
                                'user',
                                'service_principal',
                            ],
                        ],
                        'mutually_exclusive': [
                            [
                                'group',
                                'user',
                                'service_principal',
                            ],
                        ],
                        'options': {
                            'app_role': {
                                'type': 'str',
                            },
                            'group': {
                                'type': 'str',
                            },
                            'service_principal': {
                                'type': 'str',
                            },
                            'user': {
                                'type': 'str',
                            },
                        },
                    },
                    'exclusive': {
                        'type': 'bool',
                    },
                    'max_removals': {
                        'type': 'int',
                        'default': 20,
                    },
                },
            },
            'grant_admin_consent': {'type': 'bool'},
        },
    },
    'cvops_entra_groups': {
        'type': 'list',
        'elements': 'dict',
        'required_one_of': [['object_id', 'unique_name', 'display_name']],
        'required_by': {'accept_risk': ['accept_reason']},
        'options': {
            'accept_reason': {'type': 'str', 'may_be_empty': True},
            'accept_risk': {
                'type': 'list',
                'elements': 'str',
                'choices': ['rename'],
            },
            'description': {'type': 'str', 'may_be_empty': True},
            'display_name': {'type': 'str'},
            'exclusive': {'type': 'bool'},
            'mail_nickname': {'type': 'str'},
            'max_removals': {'type': 'int'},
            'members': {'type': 'list', 'elements': 'str'},
            'object_id': {'type': 'str'},
            'owners': {'type': 'list', 'elements': 'str'},
            'state': {
                'type': 'str',
                'choices': ['present', 'absent'],
                'default': 'present',
            },
            'unique_name': {'type': 'str'},
        },
    },
    'cvops_commvault_roles': {
        'type': 'list',
        'elements': 'dict',
        'options': {
            'categories': {'type': 'list', 'elements': 'str'},
            'company': {'type': 'str'},
            'description': {'type': 'str', 'may_be_empty': True},
            'enabled': {'type': 'bool'},
            'exclusive': {'type': 'bool', 'default': True},
            'name': {'type': 'str', 'required': True},
            'permissions': {'type': 'list', 'elements': 'str'},
            'state': {
                'type': 'str',
                'choices': ['present', 'absent'],
                'default': 'present',
            },
            'visible_to_all': {'type': 'bool'},
            'commcells': {'type': 'list', 'elements': 'str'},
        },
    },
    'cvops_role_mappings': {
        'type': 'list',
        'elements': 'dict',
        'options': {
            'approval': {'type': 'dict'},
            'business_owner': {'type': 'str', 'may_be_empty': True},
            'commcells': {'type': 'list', 'elements': 'str'},
            'grants': {
                'type': 'list',
                'elements': 'dict',
                'options': {
                    'approval': {'type': 'dict'},
                    'entities': {
                        'required': True,
                        'words': 'commcell, company, or a mapping of kinds such as {plans: [gold]}',
                        'forms': [
                            {
                                'type': 'str',
                                'choices': [
                                    'commcell',
                                    'company',
                                ],
                            },
                            {
                                'type': 'dict',
                                'options': {
                                    'commcell': {
                                        'words': 'true',
                                        'not_null': True,
                                        'forms': [
                                            {
                                                'type': 'bool',
                                                'only': True,
                                            },
                                            {
                                                'type': 'str',
                                                'choices': [
                                                    'all',
                                                ],
                                            },
                                        ],
                                    },
                                    'company': {
                                        'words': 'all, a name, a list of names, or {matching: PATTERN, at_most: NUMBER}',
                                        'not_null': True,
                                        'forms': [
                                            {
                                                'type': 'bool',
                                                'only': True,
                                            },
                                            {
                                                'type': 'str',
                                            },
                                            {
                                                'type': 'int',
                                            },
                                            _PART_13,
                                            _PART_15,
                                            _PART_17,
                                        ],
                                    },
                                    'servers': _PART_18,
                                    'server_groups': _PART_18,
                                    'plans': _PART_18,
                                    'storage_pools': _PART_18,
                                    'workflows': _PART_18,
                                    'credentials': _PART_18,
                                    'clients': _PART_18,
                                    'client_groups': _PART_18,
                                },
                            },
                            {
                                'type': 'dict',
                                'options': {
                                    'type': {
                                        'required': True,
                                        'words': 'an id (a number)',
                                        'forms': [
                                            {
                                                'type': 'int',
                                            },
                                            {
                                                'type': 'str',
                                            },
                                        ],
                                    },
                                    'id': {
                                        'required': True,
                                        'words': 'an id (a number)',
                                        'forms': [
                                            {
                                                'type': 'int',
                                            },
                                            {
                                                'type': 'str',
                                            },
                                        ],
                                    },
                                },
                            },
                        ],
                    },
                    'role': {
                        'required': True,
                        'words': 'a name, an id (a number), or a mapping with name or id, and company',
                        'forms': [
                            {
                                'type': 'str',
                            },
                            {
                                'type': 'int',
                            },
                            _PART_13,
                        ],
                    },
                    'valid_until': {
                        'type': 'str',
                        'date': True,
                    },
                },
            },
            'principal': {
                'type': 'dict',
                'required': True,
                'required_one_of': [
                    [
                        'directory_group',
                        'entra_group',
                        'service_account',
                        'user',
                        'user_group',
                    ],
                ],
                'mutually_exclusive': [
                    [
                        'directory_group',
                        'entra_group',
                        'service_account',
                        'user',
                        'user_group',
                    ],
                ],
                'options': {
                    'directory_group': _PART_16,
                    'entra_group': {
                        'words': 'a name, or a mapping with name, object_id or both',
                        'forms': [
                            {
                                'type': 'str',
                            },
                            {
                                'type': 'int',
                            },
                            {
                                'type': 'dict',
                                'required_one_of': [
                                    [
                                        'name',
                                        'object_id',
                                    ],
                                ],
                                'loose_with': [
                                    'object_id',
                                ],
                                'options': {
                                    'name': {
                                        'words': 'a name',
                                        'forms': [
                                            {
                                                'type': 'str',
                                            },
                                            {
                                                'type': 'int',
                                            },
                                        ],
                                    },
                                    'object_id': {
                                        'type': 'str',
                                    },
                                },
                            },
                        ],
                    },
                    'service_account': _PART_16,
                    'user': _PART_16,
                    'user_group': _PART_16,
                },
            },
            'relink': {'type': 'bool'},
            'review_by': {'type': 'str', 'date': True, 'may_be_empty': True},
            'state': {
                'type': 'str',
                'choices': ['present', 'absent'],
                'default': 'present',
            },
            'user_group': _PART_16,
        },
    },
    'cvops_sso': {
        'type': 'dict',
        'mutually_exclusive': [['saml_app', 'oidc_app']],
        'options': {
            'match_by': _PART_19,
            'application': {
                'type': 'dict',
                'required_one_of': [['app_id', 'object_id', 'unique_name']],
                'mutually_exclusive': [
                    [
                        'app_id',
                        'object_id',
                        'unique_name',
                    ],
                ],
                'options': {
                    'app_id': {'type': 'str'},
                    'object_id': {'type': 'str'},
                    'unique_name': {'type': 'str'},
                },
            },
            'saml_app': {'type': 'str'},
            'oidc_app': {'type': 'str'},
            'sample_users': {'type': 'list', 'elements': 'str'},
            'user_limit': {'type': 'int', 'default': 100},
            'saml_apps': {
                'type': 'list',
                'elements': 'dict',
                'required_by': {'accept_risk': ['accept_reason']},
                'options': {
                    'name': {'type': 'str', 'required': True},
                    'accept_reason': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'accept_risk': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'lock_out',
                            'rename',
                        ],
                    },
                    'associations': {
                        'type': 'dict',
                        'options': {
                            'email_suffixes': {
                                'type': 'list',
                                'elements': 'str',
                            },
                            'companies': _PART_20,
                            'user_groups': _PART_20,
                            'domains': {
                                'type': 'list',
                                'elements': 'str',
                            },
                        },
                    },
                    'attribute_mappings': {
                        'type': 'dict',
                        'options': {
                            'user_groups': {
                                'type': 'str',
                                'may_be_empty': True,
                            },
                            'email': {
                                'type': 'str',
                                'may_be_empty': True,
                            },
                            'user_name': {
                                'type': 'str',
                                'may_be_empty': True,
                            },
                            'company_name': {
                                'type': 'str',
                                'may_be_empty': True,
                            },
                            'sid': {
                                'type': 'str',
                                'may_be_empty': True,
                            },
                            'user_guid': {
                                'type': 'str',
                                'may_be_empty': True,
                            },
                        },
                    },
                    'auto_create_users': {'type': 'bool'},
                    'auto_redirect': {'type': 'bool'},
                    'certificate_policy': {
                        'type': 'str',
                        'choices': [
                            'fingerprint',
                            'always',
                            'on_create',
                        ],
                        'default': 'fingerprint',
                    },
                    'commcells': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'company': {
                        'words': 'a name, or an id (a number)',
                        'forms': [
                            {'type': 'str'},
                            {'type': 'int'},
                        ],
                    },
                    'default_user_groups': _PART_20,
                    'description': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'enabled': {'type': 'bool'},
                    'exclusive': {'type': 'bool'},
                    'max_removals': {
                        'type': 'int',
                        'default': 20,
                    },
                    'name_id': {
                        'type': 'str',
                        'choices': [
                            'email',
                            'user_principal_name',
                        ],
                    },
                    'service_provider_aliases': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'service_provider_endpoint': {'type': 'str'},
                    'state': {
                        'type': 'str',
                        'choices': [
                            'present',
                            'absent',
                        ],
                        'default': 'present',
                    },
                },
            },
        },
    },
    'cvops_commvault_credentials': {
        'type': 'list',
        'elements': 'dict',
        'options': {
            'name': {'type': 'str', 'required': True},
            'azure_application_id': {'type': 'str'},
            'azure_application_name': {'type': 'str'},
            'azure_tenant_id': {'type': 'str'},
            'commcells': {'type': 'list', 'elements': 'str'},
            'company': {
                'type': 'str',
                'words': 'a name, or an id (a number)',
                'forms': [{'type': 'str'}, {'type': 'int'}],
            },
            'description': {'type': 'str', 'may_be_empty': True},
            'endpoints': {
                'type': 'dict',
                'options': {
                    'active_directory': {
                        'type': 'str',
                    },
                    'resource_manager': {
                        'type': 'str',
                    },
                    'storage': {'type': 'str'},
                },
            },
            'environment': {
                'type': 'str',
                'choices': [
                    'public',
                    'usgov',
                    'china',
                    'germany',
                    'stack',
                ],
            },
            'exclusive': {'type': 'bool'},
            'max_removals': {'type': 'int', 'default': 20},
            'owner': {
                'type': 'dict',
                'required_one_of': [['user', 'user_group']],
                'mutually_exclusive': [['user', 'user_group']],
                'options': _PART_21,
            },
            'secret': {'type': 'str'},
            'secret_fingerprint': {'type': 'str'},
            'secret_policy': {
                'type': 'str',
                'choices': [
                    'on_create',
                    'always',
                    'fingerprint',
                    'rotated',
                ],
                'default': 'on_create',
            },
            'shared_with': {
                'type': 'list',
                'elements': 'dict',
                'required_one_of': [
                    [
                        'user',
                        'user_group',
                    ],
                ],
                'mutually_exclusive': [
                    [
                        'user',
                        'user_group',
                    ],
                ],
                'options': _PART_21,
            },
            'state': {
                'type': 'str',
                'choices': ['present', 'absent'],
                'default': 'present',
            },
        },
    },
    'cvops_conditional_access': {
        'type': 'dict',
        'options': {
            'break_glass': {
                'type': 'dict',
                'options': {
                    'users': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'groups': {
                        'type': 'list',
                        'elements': 'str',
                    },
                },
            },
            'caller_address': {'type': 'str'},
            'must_get_in': _PART_24,
            'one_must_get_in': _PART_24,
            'name_prefix': {'type': 'str', 'default': 'Commvault - '},
            'named_locations': {
                'type': 'list',
                'elements': 'dict',
                'required_one_of': [
                    [
                        'object_id',
                        'display_name',
                    ],
                ],
                'required_by': {
                    'accept_risk': [
                        'accept_reason',
                    ],
                },
                'options': {
                    'accept_risk': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'lock_out',
                        ],
                    },
                    'accept_reason': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'max_removals': {
                        'type': 'int',
                        'default': 20,
                    },
                    'display_name': {
                        'type': 'str',
                    },
                    'object_id': {
                        'type': 'str',
                    },
                    'ip_ranges': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'trusted': {
                        'type': 'bool',
                    },
                    'countries': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'include_unknown_countries': {
                        'type': 'bool',
                    },
                    'country_lookup': {
                        'type': 'str',
                        'choices': [
                            'client_ip_address',
                            'authenticator_app_gps',
                        ],
                    },
                    'exclusive': {
                        'type': 'bool',
                    },
                    'state': {
                        'type': 'str',
                        'choices': [
                            'present',
                            'absent',
                        ],
                        'default': 'present',
                    },
                },
            },
            'administrators': {
                'type': 'dict',
                'options': {
                    'display_name': {
                        'type': 'str',
                    },
                    'policy_state': {
                        'type': 'str',
                        'choices': [
                            'report_only',
                            'enabled',
                            'disabled',
                        ],
                    },
                    'users': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'groups': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'roles': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'exclude': _PART_26,
                    'applications': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'controls': _PART_27,
                    'operator': {
                        'type': 'str',
                        'choices': [
                            'and',
                            'or',
                        ],
                        'default': 'and',
                    },
                    'authentication_strength': {
                        'type': 'str',
                    },
                    'exclusive': {
                        'type': 'bool',
                    },
                    'max_removals': {
                        'type': 'int',
                        'default': 20,
                    },
                    'accept_risk': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'lock_out',
                            'unmanaged_properties',
                        ],
                    },
                    'accept_reason': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'state': {
                        'type': 'str',
                        'choices': [
                            'present',
                            'absent',
                        ],
                        'default': 'present',
                    },
                },
            },
            'places': {
                'type': 'dict',
                'options': {
                    'display_name': {'type': 'str'},
                    'policy_state': {
                        'type': 'str',
                        'choices': [
                            'report_only',
                            'enabled',
                            'disabled',
                        ],
                    },
                    'users': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'groups': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'roles': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'exclude': _PART_26,
                    'applications': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'locations': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'exclusive': {'type': 'bool'},
                    'max_removals': {
                        'type': 'int',
                        'default': 20,
                    },
                    'accept_risk': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'lock_out',
                            'unmanaged_properties',
                        ],
                    },
                    'accept_reason': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'state': {
                        'type': 'str',
                        'choices': [
                            'present',
                            'absent',
                        ],
                        'default': 'present',
                    },
                },
            },
            'egress': {
                'type': 'dict',
                'options': {
                    'display_name': {'type': 'str'},
                    'policy_state': {
                        'type': 'str',
                        'choices': [
                            'report_only',
                            'enabled',
                            'disabled',
                        ],
                    },
                    'service_principals': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'locations': {
                        'type': 'list',
                        'elements': 'str',
                    },
                    'sign_in_history_days': {
                        'type': 'int',
                        'default': 30,
                    },
                    'exclusive': {'type': 'bool'},
                    'max_removals': {
                        'type': 'int',
                        'default': 20,
                    },
                    'accept_risk': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'lock_out',
                            'unmanaged_properties',
                        ],
                    },
                    'accept_reason': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'state': {
                        'type': 'str',
                        'choices': [
                            'present',
                            'absent',
                        ],
                        'default': 'present',
                    },
                },
            },
            'policies': {
                'type': 'list',
                'elements': 'dict',
                'required_one_of': [
                    [
                        'object_id',
                        'display_name',
                    ],
                ],
                'required_by': {
                    'accept_risk': [
                        'accept_reason',
                    ],
                },
                'options': {
                    'accept_risk': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'lock_out',
                            'unmanaged_properties',
                        ],
                    },
                    'accept_reason': {
                        'type': 'str',
                        'may_be_empty': True,
                    },
                    'max_removals': {
                        'type': 'int',
                        'default': 20,
                    },
                    'display_name': {'type': 'str'},
                    'object_id': {'type': 'str'},
                    'policy_state': {
                        'type': 'str',
                        'choices': [
                            'report_only',
                            'enabled',
                            'disabled',
                        ],
                    },
                    'users': {
                        'type': 'dict',
                        'options': {
                            'include': _PART_32,
                            'exclude': _PART_32,
                        },
                    },
                    'applications': {
                        'type': 'dict',
                        'options': {
                            'include': {
                                'type': 'list',
                                'elements': 'str',
                            },
                            'exclude': {
                                'type': 'list',
                                'elements': 'str',
                            },
                            'user_actions': {
                                'type': 'list',
                                'elements': 'str',
                                'choices': [
                                    'register_security_info',
                                    'register_device',
                                ],
                            },
                            'authentication_contexts': {
                                'type': 'list',
                                'elements': 'str',
                            },
                            'filter': {
                                'type': 'dict',
                                'options': {
                                    'mode': {
                                        'type': 'str',
                                        'choices': [
                                            'include',
                                            'exclude',
                                        ],
                                    },
                                    'rule': {
                                        'type': 'str',
                                    },
                                },
                            },
                        },
                    },
                    'client_applications': {
                        'type': 'dict',
                        'options': {
                            'include': {
                                'type': 'list',
                                'elements': 'str',
                            },
                            'exclude': {
                                'type': 'list',
                                'elements': 'str',
                            },
                            'filter': {
                                'type': 'dict',
                                'options': {
                                    'mode': {
                                        'type': 'str',
                                        'choices': [
                                            'include',
                                            'exclude',
                                        ],
                                    },
                                    'rule': {
                                        'type': 'str',
                                    },
                                },
                            },
                        },
                    },
                    'locations': {
                        'type': 'dict',
                        'options': {
                            'include': {
                                'type': 'list',
                                'elements': 'str',
                            },
                            'exclude': {
                                'type': 'list',
                                'elements': 'str',
                            },
                        },
                    },
                    'platforms': {
                        'type': 'dict',
                        'options': {
                            'include': {
                                'type': 'list',
                                'elements': 'str',
                                'choices': [
                                    'all',
                                    'android',
                                    'ios',
                                    'windows',
                                    'windows_phone',
                                    'macos',
                                    'linux',
                                ],
                            },
                            'exclude': {
                                'type': 'list',
                                'elements': 'str',
                                'choices': [
                                    'all',
                                    'android',
                                    'ios',
                                    'windows',
                                    'windows_phone',
                                    'macos',
                                    'linux',
                                ],
                            },
                        },
                    },
                    'client_app_types': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'all',
                            'browser',
                            'mobile_and_desktop',
                            'exchange_active_sync',
                            'other',
                        ],
                    },
                    'device_filter': {
                        'type': 'dict',
                        'options': {
                            'mode': {
                                'type': 'str',
                                'choices': [
                                    'include',
                                    'exclude',
                                ],
                            },
                            'rule': {
                                'type': 'str',
                            },
                        },
                    },
                    'authentication_flows': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'device_code_flow',
                            'authentication_transfer',
                        ],
                    },
                    'user_risk': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'low',
                            'medium',
                            'high',
                            'none',
                        ],
                    },
                    'sign_in_risk': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'low',
                            'medium',
                            'high',
                            'none',
                        ],
                    },
                    'service_principal_risk': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'low',
                            'medium',
                            'high',
                            'none',
                        ],
                    },
                    'insider_risk': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'minor',
                            'moderate',
                            'elevated',
                        ],
                    },
                    'grant': {
                        'type': 'dict',
                        'options': {
                            'operator': {
                                'type': 'str',
                                'choices': [
                                    'and',
                                    'or',
                                ],
                            },
                            'controls': _PART_27,
                            'terms_of_use': {
                                'type': 'list',
                                'elements': 'str',
                            },
                            'custom_factors': {
                                'type': 'list',
                                'elements': 'str',
                            },
                            'authentication_strength': {
                                'type': 'str',
                            },
                        },
                    },
                    'session': {
                        'type': 'dict',
                        'options': {
                            'application_enforced_restrictions': {
                                'type': 'bool',
                            },
                            'cloud_app_security': {
                                'type': 'str',
                                'choices': [
                                    'configured',
                                    'monitor_only',
                                    'block_downloads',
                                    'none',
                                ],
                            },
                            'persistent_browser': {
                                'type': 'str',
                                'choices': [
                                    'always',
                                    'never',
                                    'none',
                                ],
                            },
                            'sign_in_frequency': {
                                'type': 'dict',
                                'options': {
                                    'interval': {
                                        'type': 'str',
                                        'choices': [
                                            'time_based',
                                            'every_time',
                                            'none',
                                        ],
                                    },
                                    'value': {
                                        'type': 'int',
                                    },
                                    'unit': {
                                        'type': 'str',
                                        'choices': [
                                            'hours',
                                            'days',
                                        ],
                                    },
                                    'authentication': {
                                        'type': 'str',
                                        'choices': [
                                            'primary_and_secondary',
                                            'secondary',
                                        ],
                                    },
                                },
                            },
                            'disable_resilience_defaults': {
                                'type': 'bool',
                            },
                            'secure_sign_in_session': {
                                'type': 'bool',
                            },
                        },
                    },
                    'exclusive': {'type': 'bool'},
                    'must_get_in': _PART_24,
                    'one_must_get_in': _PART_24,
                    'sign_in_history': {
                        'type': 'dict',
                        'options': {
                            'days': {
                                'type': 'int',
                                'required': True,
                            },
                            'otherwise': {
                                'type': 'str',
                                'choices': [
                                    'fail',
                                    'report_only',
                                ],
                                'default': 'fail',
                            },
                        },
                    },
                    'state': {
                        'type': 'str',
                        'choices': [
                            'present',
                            'absent',
                        ],
                        'default': 'present',
                    },
                },
            },
        },
    },
    'cvops_break_glass': {
        'type': 'dict',
        'options': {
            'commvault_users': {'type': 'list', 'elements': 'str'},
            'entra_users': {'type': 'list', 'elements': 'str'},
            'entra_groups': {'type': 'list', 'elements': 'str'},
        },
    },
    'cvops_rotations': {
        'type': 'list',
        'elements': 'dict',
        'required_by': {'accept_risk': ['accept_reason']},
        'options': {
            'accept_risk': {
                'type': 'list',
                'elements': 'str',
                'choices': [
                    'unfinished_run',
                    'short_lifetime',
                    'right_not_shown',
                ],
            },
            'accept_reason': {'type': 'str', 'may_be_empty': True},
            'application': {
                'type': 'dict',
                'required': True,
                'required_one_of': [
                    [
                        'app_id',
                        'object_id',
                        'unique_name',
                    ],
                ],
                'mutually_exclusive': [
                    [
                        'app_id',
                        'object_id',
                        'unique_name',
                    ],
                ],
                'options': {
                    'app_id': {'type': 'str'},
                    'object_id': {'type': 'str'},
                    'unique_name': {'type': 'str'},
                },
            },
            'rotation_name': {'type': 'str', 'required': True},
            'kind': {
                'type': 'str',
                'choices': ['secret', 'certificate'],
                'default': 'secret',
            },
            'certificate': {
                'type': 'dict',
                'options': {
                    'key_size': {
                        'type': 'int',
                        'choices': [
                            2048,
                            3072,
                            4096,
                        ],
                        'default': 3072,
                    },
                    'common_name': {'type': 'str'},
                },
            },
            'lifetime_days': {'type': 'int', 'default': 183},
            'rotate_before_days': {'type': 'int', 'default': 93},
            'overlap_hours': {'type': 'int'},
            'targets': {
                'type': 'list',
                'elements': 'dict',
                'required': True,
                'required_one_of': [
                    [
                        'file',
                        'hashi_vault',
                        'azure_key_vault',
                        'commvault_credential',
                        'commvault_oidc_app',
                        'controller_credential',
                        'external',
                    ],
                ],
                'mutually_exclusive': [
                    [
                        'file',
                        'hashi_vault',
                        'azure_key_vault',
                        'commvault_credential',
                        'commvault_oidc_app',
                        'controller_credential',
                        'external',
                    ],
                ],
                'options': {
                    'name': {'type': 'str'},
                    'file': {
                        'type': 'dict',
                        'options': {
                            'path': {
                                'type': 'path',
                                'required': True,
                            },
                        },
                    },
                    'hashi_vault': _PART_34,
                    'azure_key_vault': _PART_35,
                    'commvault_credential': _PART_36,
                    'commvault_oidc_app': _PART_36,
                    'controller_credential': {
                        'type': 'dict',
                        'options': {
                            'id': {
                                'type': 'int',
                            },
                            'name': {
                                'type': 'str',
                            },
                            'organization': {
                                'type': 'str',
                            },
                            'credential_type': {
                                'type': 'str',
                            },
                            'field': {
                                'type': 'str',
                                'required': True,
                            },
                            'url': {
                                'type': 'str',
                            },
                            'token': {
                                'type': 'str',
                            },
                            'username': {
                                'type': 'str',
                            },
                            'password': {
                                'type': 'str',
                            },
                            'ca_path': {
                                'type': 'path',
                            },
                            'proof_job': {
                                'type': 'dict',
                                'options': {
                                    'template': {
                                        'type': 'str',
                                        'required': True,
                                    },
                                    'organization': {
                                        'type': 'str',
                                    },
                                    'extra_vars': {
                                        'type': 'dict',
                                    },
                                    'limit': {
                                        'type': 'str',
                                    },
                                    'within_seconds': {
                                        'type': 'int',
                                        'default': 600,
                                    },
                                },
                            },
                            'acknowledged_key_id': {
                                'type': 'str',
                            },
                        },
                    },
                    'external': {
                        'type': 'dict',
                        'options': {
                            'where': {
                                'type': 'str',
                                'required': True,
                            },
                            'contact': {
                                'type': 'str',
                            },
                            'acknowledged_key_id': {
                                'type': 'str',
                            },
                            'key_management': {
                                'type': 'bool',
                            },
                        },
                    },
                },
            },
            'consumers_complete': {'type': 'bool'},
            'prove': {
                'type': 'dict',
                'options': {
                    'scope': {'type': 'str'},
                    'successes': {'type': 'int', 'default': 15},
                    'over_seconds': {
                        'type': 'int',
                        'default': 120,
                    },
                    'within_seconds': {
                        'type': 'int',
                        'default': 600,
                    },
                },
            },
            'retire': {
                'type': 'str',
                'choices': ['auto', 'now', 'never'],
                'default': 'never',
            },
            'adopt_key_ids': {'type': 'list', 'elements': 'str'},
            'rollback_from': {
                'type': 'dict',
                'required_one_of': [
                    [
                        'file',
                        'hashi_vault',
                        'azure_key_vault',
                    ],
                ],
                'mutually_exclusive': [
                    [
                        'file',
                        'hashi_vault',
                        'azure_key_vault',
                    ],
                ],
                'options': {
                    'file': {
                        'type': 'dict',
                        'options': {
                            'path': {
                                'type': 'path',
                                'required': True,
                            },
                        },
                    },
                    'hashi_vault': _PART_34,
                    'azure_key_vault': _PART_35,
                },
            },
            'max_keys': {'type': 'int', 'default': 5},
            'rotation_log': {'type': 'path'},
            'tags': {'type': 'list', 'elements': 'str'},
        },
    },
    'cvops_controller': {
        'type': 'dict',
        'options': {
            'collection': {
                'type': 'str',
                'choices': ['awx.awx', 'ansible.controller'],
                'default': 'awx.awx',
            },
            'organization': {'type': 'str', 'required': True},
            'prefix': {'type': 'str', 'default': 'cvops'},
            'connection': {
                'type': 'dict',
                'options': {
                    'host': {'type': 'str'},
                    'oauth_token': {'type': 'str'},
                    'username': {'type': 'str'},
                    'password': {'type': 'str'},
                    'validate_certs': {'type': 'bool'},
                    'request_timeout': {'type': 'float'},
                },
            },
            'project': {
                'type': 'dict',
                'required': True,
                'options': {
                    'name': {'type': 'str'},
                    'scm_url': {
                        'type': 'str',
                        'required': True,
                    },
                    'scm_branch': {'type': 'str'},
                    'credential': {'type': 'str'},
                    'update_on_launch': {
                        'type': 'bool',
                        'default': True,
                    },
                    'playbooks': {
                        'type': 'str',
                        'default': 'playbooks',
                        'may_be_empty': True,
                    },
                    'wait_minutes': {
                        'type': 'int',
                        'default': 10,
                    },
                },
            },
            'execution_environment': {
                'type': 'dict',
                'options': {
                    'name': {'type': 'str'},
                    'image': {'type': 'str'},
                    'pull': {
                        'type': 'str',
                        'choices': [
                            'always',
                            'missing',
                            'never',
                        ],
                        'default': 'missing',
                    },
                    'credential': {
                        'type': 'str',
                    },
                },
            },
            'inventory': {'type': 'dict', 'options': {'name': {'type': 'str'}}},
            'document': {'type': 'list', 'elements': 'path'},
            'variables': {'type': 'dict'},
            'identities': {
                'type': 'dict',
                'options': {
                    'converge': _PART_39,
                    'rotate': _PART_39,
                    'evidence': _PART_39,
                },
            },
            'commcells': {
                'type': 'dict',
                'values': {
                    'type': 'dict',
                    'options': {
                        'method': {
                            'type': 'str',
                            'choices': [
                                'password',
                                'access_token',
                                'token_store',
                            ],
                            'may_be_empty': True,
                        },
                        'credential': {
                            'type': 'str',
                            'may_be_empty': True,
                        },
                        'env_prefix': {
                            'type': 'str',
                            'may_be_empty': True,
                        },
                    },
                },
            },
            'vault': {'type': 'dict', 'options': {'credential': {'type': 'str'}}},
            'controller_credential': {'type': 'str'},
            'slices': {'type': 'int', 'default': 1},
            'timezone': {'type': 'str', 'default': 'UTC'},
            'jobs': {
                'type': 'dict',
                'options': {
                    'drift': _PART_44,
                    'plan': _PART_44,
                    'apply': _PART_44,
                    'entra': _PART_44,
                    'converge': _PART_44,
                    'rotate': _PART_44,
                    'expiry': _PART_44,
                    'evidence': _PART_44,
                    'review': _PART_44,
                    'access': _PART_44,
                },
            },
            'workflow': {
                'type': 'dict',
                'options': {
                    'name': {'type': 'str'},
                    'approval_name': {'type': 'str'},
                    'approval_timeout': {'type': 'int'},
                    'survey': _PART_41,
                    'schedule': _PART_42,
                },
            },
            'notifications': {
                'type': 'list',
                'elements': 'dict',
                'options': {
                    'name': {
                        'type': 'str',
                        'required': True,
                    },
                    'url': {'type': 'str'},
                    'events': {
                        'type': 'list',
                        'elements': 'str',
                        'choices': [
                            'started',
                            'success',
                            'error',
                            'approvals',
                        ],
                        'default': [
                            'error',
                        ],
                    },
                },
            },
            'workload_identity': {
                'type': 'dict',
                'options': {
                    'issuer': {'type': 'str'},
                    'kubernetes': {
                        'type': 'dict',
                        'options': {
                            'issuer': {
                                'type': 'str',
                                'required': True,
                            },
                            'namespace': {
                                'type': 'str',
                                'required': True,
                            },
                            'service_accounts': {
                                'type': 'dict',
                                'required': True,
                                'options': {
                                    'converge': {
                                        'type': 'str',
                                    },
                                    'rotate': {
                                        'type': 'str',
                                    },
                                    'evidence': {
                                        'type': 'str',
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
    'access_bundle': {'type': 'path'},
    'access_commcell': {'type': 'str'},
    'access_csv': {'type': 'path'},
    'access_entity': {
        'words': 'commcell, a text such as servers:db01, or a mapping with kind, and name or id',
        'forms': [
            {'type': 'str'},
            {
                'type': 'dict',
                'options': {
                    'kind': {'type': 'str', 'required': True},
                    'name': {
                        'words': 'a name',
                        'forms': [{'type': 'str'}, {'type': 'int'}],
                    },
                    'id': {
                        'words': 'an id (a number)',
                        'forms': [{'type': 'int'}, {'type': 'str'}],
                    },
                },
            },
        ],
    },
    'access_evidence_allowed_signers': {'type': 'path'},
    'access_evidence_decisions': {'type': 'list', 'elements': 'path'},
    'access_evidence_dir': {'type': 'path'},
    'access_evidence_drills': {
        'words': 'a list of drills, or the path of a file',
        'forms': [
            {'type': 'str'},
            {
                'type': 'list',
                'elements': 'dict',
                'options': {
                    'commcell': {'type': 'str', 'required': True},
                    'user': {'type': 'str', 'required': True},
                    'outcome': {
                        'type': 'str',
                        'choices': [
                            'worked',
                            'not_proven',
                            'failed',
                        ],
                        'required': True,
                    },
                    'date': {'type': 'str', 'required': True},
                },
            },
        ],
    },
    'access_evidence_fail_on': {'type': 'str', 'choices': ['critical', 'high', 'medium', 'low']},
    'access_evidence_formats': {
        'type': 'list',
        'elements': 'str',
        'choices': [
            'csv',
            'html',
            'vanta',
            'ciso_assistant',
            'oscal',
            'attestation',
            'junit',
        ],
    },
    'access_evidence_log': {'type': 'path'},
    'access_evidence_manifest_sink': {'type': 'list', 'elements': 'path'},
    'access_evidence_previous': {'type': 'str'},
    'access_evidence_pseudonym_key_file': {'type': 'path'},
    'access_evidence_rules': {
        'type': 'list',
        'elements': 'dict',
        'options': {
            'id': {'type': 'str', 'required': True},
            'title': {'type': 'str', 'required': True},
            'severity': {
                'type': 'str',
                'choices': ['critical', 'high', 'medium', 'low'],
            },
            'first': {'type': 'list', 'elements': 'str', 'required': True},
            'second': {'type': 'list', 'elements': 'str', 'required': True},
            'remedy': {'type': 'str'},
        },
    },
    'access_evidence_sign_with': {'type': 'path'},
    'access_evidence_snapshot': {'type': 'path'},
    'access_evidence_verify': {'type': 'bool'},
    'access_file': {'type': 'path'},
    'access_lines': {'type': 'int'},
    'access_log_applications': {'type': 'list', 'elements': 'str'},
    'access_log_commvault_users': {'type': 'list', 'elements': 'str'},
    'access_log_consoles': {'type': 'list', 'elements': 'str'},
    'access_log_csv': {'type': 'path'},
    'access_log_everything': {'type': 'bool'},
    'access_log_fail': {'type': 'bool'},
    'access_log_file': {'type': 'path'},
    'access_log_lines': {'type': 'int'},
    'access_log_links': {
        'type': 'list',
        'elements': 'dict',
        'options': {
            'commvault_user': {'type': 'str', 'required': True},
            'identity': {'type': 'str', 'required': True},
            'commcell': {'type': 'str'},
        },
    },
    'access_log_max_rows': {'type': 'int'},
    'access_log_objects': {'type': 'list', 'elements': 'str'},
    'access_log_ocsf': {'type': 'path'},
    'access_log_since': {'type': 'str'},
    'access_log_until': {'type': 'str'},
    'access_log_user_details': {'type': 'bool'},
    'access_log_users': {'type': 'list', 'elements': 'str'},
    'access_permission': {'type': 'str'},
    'access_person': {'type': 'str'},
    'access_review_by_before': {'type': 'str'},
    'access_role': {'type': 'str'},
    'access_snapshot': {'type': 'path'},
    'access_valid_until_before': {'type': 'str'},
    'awx_setup_export_file': {'type': 'path'},
    'break_glass_drill_accounts': _PART_47,
    'break_glass_drill_file': {'type': 'path'},
    'commvault_sso_break_glass': {
        'type': 'dict',
        'required_together': [['username', 'password']],
        'required_one_of': [['username', 'commcells']],
        'options': {
            'username': {'type': 'str'},
            'password': {'type': 'str'},
            'pin': {'type': 'str'},
            'commcells': _PART_47,
        },
    },
    'cvops_access_token': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_approval_from': {
        'type': 'dict',
        'options': {
            'collection': {
                'type': 'str',
                'choices': ['awx.awx', 'ansible.controller'],
                'required': True,
            },
            'organization': {'type': 'str', 'required': True},
        },
    },
    'cvops_approval_node': {
        'type': 'dict',
        'options': {
            'collection': {
                'type': 'str',
                'choices': ['awx.awx', 'ansible.controller'],
                'required': True,
            },
            'organization': {'type': 'str', 'required': True},
            'workflow': {'type': 'str', 'required': True},
            'identifier': {'type': 'str', 'required': True},
            'name': {'type': 'str', 'required': True},
            'timeout': {'type': 'int'},
        },
    },
    'cvops_approved_plan': {'type': 'str'},
    'cvops_at_once': {'type': 'int'},
    'cvops_auth_method': {
        'type': 'str',
        'choices': [
            'auto',
            'client_secret',
            'client_certificate',
            'federated',
            'managed_identity',
            'interactive',
            'device_code',
            'token',
        ],
        'default': 'auto',
        'on_demand': True,
        'may_be_empty': True,
    },
    'cvops_authority_url': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_ca_path': {'type': 'path', 'on_demand': True, 'may_be_empty': True},
    'cvops_client_certificate': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_client_certificate_password': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_client_id': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_client_secret': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_cloud': {
        'type': 'str',
        'choices': ['public', 'usgov', 'usgovdod', 'china'],
        'default': 'public',
        'on_demand': True,
        'may_be_empty': True,
    },
    'cvops_commvault_access_token': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_commvault_auth_method': {
        'type': 'str',
        'choices': ['password', 'access_token', 'token_store', 'entra'],
        'default': 'password',
        'on_demand': True,
        'may_be_empty': True,
    },
    'cvops_commvault_ca_path': {'type': 'path', 'on_demand': True, 'may_be_empty': True},
    'cvops_commvault_company': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_commvault_entra_header': {
        'type': 'str',
        'choices': ['Authorization', 'Authtoken', 'try_both'],
        'default': 'Authorization',
        'on_demand': True,
        'may_be_empty': True,
    },
    'cvops_commvault_entra_scope': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_commvault_password': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_commvault_pin': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_commvault_proxy': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_commvault_proxy_scope': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_commvault_timeout': {'type': 'int', 'default': 60, 'on_demand': True, 'may_be_empty': True},
    'cvops_commvault_token_header': {
        'type': 'str',
        'choices': ['Authtoken', 'Authorization'],
        'default': 'Authtoken',
        'on_demand': True,
        'may_be_empty': True,
    },
    'cvops_commvault_token_store': {
        'type': 'dict',
        'required_one_of': [['file', 'hashi_vault']],
        'mutually_exclusive': [['file', 'hashi_vault']],
        'on_demand': True,
        'may_be_empty': True,
        'options': _PART_6,
    },
    'cvops_commvault_url': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_commvault_username': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_commvault_validate_certs': {'type': 'bool', 'default': True, 'on_demand': True, 'may_be_empty': True},
    'cvops_comparison_file': {'type': 'path'},
    'cvops_deadline': {'type': 'int', 'default': 900, 'on_demand': True, 'may_be_empty': True},
    'cvops_document': {'type': 'list', 'elements': 'str', 'may_be_empty': True},
    'cvops_document_allow': {
        'type': 'list',
        'elements': 'str',
        'choices': ['accept_risk', 'grant_admin_consent', 'relink'],
    },
    'cvops_federated_managed_identity': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_federated_token': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_federated_token_file': {'type': 'path', 'on_demand': True, 'may_be_empty': True},
    'cvops_graph_url': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_in_process': {'type': 'bool', 'on_demand': True, 'may_be_empty': True},
    'cvops_instance_discovery': {'type': 'bool', 'default': True, 'on_demand': True, 'may_be_empty': True},
    'cvops_managed_identity_client_id': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_notify_url': {'type': 'str'},
    'cvops_notify_when': {'type': 'str', 'choices': ['always', 'changes', 'problems']},
    'cvops_only': {'type': 'list', 'elements': 'str', 'may_be_empty': True},
    'cvops_plan_file': {'type': 'path'},
    'cvops_plan_markdown': {'type': 'str', 'may_be_empty': True},
    'cvops_plan_people': {'type': 'bool'},
    'cvops_proxy': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_publish_plan': {'type': 'bool'},
    'cvops_retries': {'type': 'int', 'default': 4, 'on_demand': True, 'may_be_empty': True},
    'cvops_run_record_dir': {'type': 'path', 'on_demand': True, 'may_be_empty': True},
    'cvops_show_access': {'type': 'bool'},
    'cvops_sign_in_on': {
        'type': 'str',
        'choices': ['controller', 'target'],
        'default': 'controller',
        'on_demand': True,
        'may_be_empty': True,
    },
    'cvops_summary_file': {'type': 'path'},
    'cvops_tenant_id': {'type': 'str', 'on_demand': True, 'may_be_empty': True},
    'cvops_timeout': {'type': 'int', 'default': 30, 'on_demand': True, 'may_be_empty': True},
    'cvops_token_cache': {
        'type': 'str',
        'choices': ['run', 'file', 'none'],
        'default': 'run',
        'on_demand': True,
        'may_be_empty': True,
    },
    'cvops_validate_certs': {'type': 'bool', 'default': True, 'on_demand': True, 'may_be_empty': True},
    'doctor_fail': {'type': 'bool'},
    'doctor_file': {'type': 'path'},
    'doctor_playbooks': {
        'type': 'list',
        'elements': 'str',
        'choices': [
            'access',
            'access_evidence',
            'access_log',
            'bootstrap',
            'converge_role_mappings',
            'doctor',
            'expiry',
            'export_entra',
            'export_role_mappings',
            'preflight',
            'revert',
            'roll_over_certificate',
            'rotate_secrets',
            'site',
            'snapshot',
        ],
    },
    'doctor_probe_file': {'type': 'path'},
    'expiry_applications': {
        'type': 'list',
        'elements': 'dict',
        'required_one_of': [['app_id', 'object_id', 'unique_name']],
        'mutually_exclusive': [['app_id', 'object_id', 'unique_name']],
        'options': {
            'app_id': {'type': 'str'},
            'object_id': {'type': 'str'},
            'unique_name': {'type': 'str'},
        },
    },
    'expiry_calendar': {'type': 'path'},
    'expiry_fail_below_days': {'type': 'int'},
    'expiry_file': {'type': 'path'},
    'expiry_junit': {'type': 'path'},
    'expiry_leave_out': {
        'type': 'list',
        'elements': 'str',
        'choices': [
            'access_tokens',
            'credentials',
            'saml_apps',
            'oidc_apps',
            'office365_clients',
            'key_management_servers',
        ],
    },
    'expiry_show_all': {'type': 'bool'},
    'expiry_textfile': {'type': 'path'},
    'expiry_textfile_mode': {'type': 'str'},
    'expiry_warn_below_days': {'type': 'int'},
    'export_entra_applications': {'type': 'list', 'elements': 'str'},
    'export_entra_file': {'type': 'path'},
    'export_entra_groups': {'type': 'list', 'elements': 'str'},
    'preflight_fail': {'type': 'bool'},
    'preflight_file': {'type': 'path'},
    'revert_accept_reason': {'type': 'str'},
    'revert_accept_risk': {
        'type': 'list',
        'elements': 'str',
        'choices': ['break_glass', 'last_admin', 'own_rights', 'rename'],
    },
    'revert_max_removals': {'type': 'int'},
    'revert_overwrite': {'type': 'bool'},
    'revert_record': {'type': 'list', 'elements': 'str'},
    'revert_run': {'type': 'str'},
    'review_bundle': {'type': 'path'},
    'review_document': {'type': 'path'},
    'review_file': {'type': 'path'},
    'review_lines': {'type': 'int'},
    'review_patch': {'type': 'path'},
    'review_signoff': {'type': 'path'},
    'role_mappings_accept_reason': {'type': 'str'},
    'role_mappings_accept_risk': {
        'type': 'list',
        'elements': 'str',
        'choices': ['last_admin', 'own_rights', 'break_glass', 'first_managed_run'],
        'needs': ['role_mappings_accept_reason'],
    },
    'role_mappings_canary': {'type': 'bool'},
    'role_mappings_check_rights': {'type': 'bool', 'default': True},
    'role_mappings_create_user_groups': {'type': 'bool', 'default': True},
    'role_mappings_document': {'type': 'str'},
    'role_mappings_exclusive': {
        'default': 'none',
        'words': 'none, principals or managed',
        'needs_if': {'managed': ['role_mappings_managed_groups']},
        'forms': [
            {'type': 'bool'},
            {
                'type': 'str',
                'choices': ['none', 'principals', 'managed'],
                'also': [
                    'y',
                    'yes',
                    'on',
                    '1',
                    'true',
                    't',
                    'n',
                    'no',
                    'off',
                    '0',
                    'false',
                    'f',
                ],
            },
        ],
    },
    'role_mappings_export_dest': {'type': 'path'},
    'role_mappings_export_principals': {'type': 'list', 'elements': 'str'},
    'role_mappings_export_users': {'type': 'list', 'elements': 'str'},
    'role_mappings_fail_on_drift': {'type': 'bool'},
    'role_mappings_link_entra_groups': {'type': 'bool', 'default': True},
    'role_mappings_managed_groups': {'type': 'list', 'elements': 'str'},
    'role_mappings_match_by': _PART_19,
    'role_mappings_max_removals': {'type': 'int', 'default': 20},
    'role_mappings_max_writes': {'type': 'int'},
    'role_mappings_parallel_reads': {'type': 'int', 'default': 8},
    'role_mappings_require_object_id': {
        'type': 'str',
        'choices': ['privileged', 'all', 'none'],
        'default': 'privileged',
    },
    'roll_over_remove_former': {'type': 'bool'},
    'roll_over_to': {'type': 'str', 'choices': ['next', 'former']},
    'secret_rotation_fail_on': {
        'type': 'list',
        'elements': 'str',
        'choices': [
            'added_unproven',
            'application_deactivated',
            'blocked_by_app_policy',
            'blocked_by_conditional_access',
            'not_due',
            'overlap',
            'pending_approval',
            'retired',
            'rolled_back',
            'slots_full',
            'switch_partial',
            'unfinished_run',
            'waiting_for_consumers',
        ],
        'default': [
            'added_unproven',
            'application_deactivated',
            'blocked_by_app_policy',
            'blocked_by_conditional_access',
            'slots_full',
            'switch_partial',
        ],
    },
    'secret_rotation_only': {'type': 'list', 'elements': 'str', 'may_be_empty': True},
    'snapshot_dir': {'type': 'path'},
    'snapshot_pseudonym_key_file': {'type': 'path'},
    'validate_for': {
        'type': 'str',
        'choices': [
            'access',
            'access_evidence',
            'access_log',
            'app_registration',
            'awx_setup',
            'awx_setup_export',
            'bootstrap',
            'break_glass_drill',
            'commvault_credentials',
            'commvault_sso',
            'conditional_access',
            'converge_role_mappings',
            'doctor',
            'expiry',
            'export_entra',
            'export_role_mappings',
            'preflight',
            'revert',
            'review',
            'role_mappings',
            'roll_over_certificate',
            'rotate_secrets',
            'secret_rotation',
            'site',
            'snapshot',
            'validate',
        ],
        'default': 'validate',
    },
}
