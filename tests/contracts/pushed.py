"""One alert of each kind of sender, as it fires and as it is resolved. All of it is invented."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

TOPIC = "arn:aws:sns:eu-west-1:123456789012:storage-alarms"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two bodies about one alert, and the state that the first means."""

    firing: Any
    resolved: Any
    state: str
    form: bool = False

    def bodies(self) -> tuple[bytes, bytes]:
        made = urlencode if self.form else json.dumps
        return made(self.firing).encode(), made(self.resolved).encode()


def prometheus(status: str, **more: Any) -> dict[str, Any]:
    ends = "0001-01-01T00:00:00Z" if status == "firing" else "2026-11-20T10:09:30.5Z"
    return {
        "version": "4",
        "groupKey": '{}:{alertname="CanaryUnreadable"}',
        "receiver": "bot",
        "status": status,
        "commonLabels": {"alertname": "CanaryUnreadable"},
        "alerts": [
            {
                "status": status,
                "labels": {
                    "alertname": "CanaryUnreadable",
                    "severity": "critical",
                    "region": "eu-west-1",
                    "service": "s3",
                },
                "annotations": {"summary": "The canary in bucket pictures cannot be read"},
                "startsAt": "2026-11-20T10:01:02.123456789Z",
                "endsAt": ends,
                "fingerprint": "5ab1e0c0ffee",
            }
        ],
        **more,
    }


def alarm(word: str) -> dict[str, Any]:
    return {
        "AlarmName": "pictures-5xx",
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:pictures-5xx",
        "AWSAccountId": "123456789012",
        "NewStateValue": word,
        "NewStateReason": "Threshold crossed",
        "StateChangeTime": "2026-11-20T10:02:03.000+0000",
        "Region": "EU (Ireland)",
        "Trigger": {
            "MetricName": "5xxErrors",
            "Namespace": "AWS/S3",
            "Dimensions": [{"name": "BucketName", "value": "pictures"}],
        },
    }


def notification(message: Any) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "MessageId": "0d5e0d5e-0000-4000-8000-000000000001",
        "TopicArn": TOPIC,
        "Subject": "ALARM",
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": "2026-11-20T10:02:04.000Z",
        "SignatureVersion": "2",
        "Signature": "",
        "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-00ab.pem",
    }


def alarm_event(word: str) -> dict[str, Any]:
    return {
        "id": "7e57",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "123456789012",
        "time": "2026-11-20T10:02:03Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:pictures-5xx"],
        "detail": {
            "alarmName": "pictures-5xx",
            "state": {"value": word, "reason": "Crossed", "timestamp": "2026-11-20T10:02:03Z"},
            "configuration": {
                "metrics": [
                    {"metricStat": {"metric": {"namespace": "AWS/S3", "name": "5xxErrors"}}}
                ]
            },
        },
    }


def health_event(status: str, **more: Any) -> dict[str, Any]:
    return {
        "detail-type": "AWS Health Event",
        "source": "aws.health",
        "time": "2026-11-20T10:30:00Z",
        "region": "eu-west-1",
        "detail": {
            "eventArn": "arn:aws:health:eu-west-1::event/S3/AWS_S3_ISSUE/AWS_S3_ISSUE_1",
            "service": "S3",
            "eventTypeCode": "AWS_S3_OPERATIONAL_ISSUE",
            "eventTypeCategory": "issue",
            "statusCode": status,
            "startTime": "Fri, 20 Nov 2026 10:01:00 GMT",
            "eventDescription": [{"latestDescription": "Increased error rates for PUT."}],
            **more,
        },
    }


def pagerduty(status: str) -> dict[str, Any]:
    return {
        "event": {
            "id": f"EV{status}",
            "event_type": f"incident.{status}",
            "resource_type": "incident",
            "occurred_at": "2026-11-20T10:02:03Z",
            "data": {
                "id": "QPICTURES",
                "type": "incident",
                "status": status,
                "title": "Pictures do not load",
                "service": {"id": "S1", "summary": "Shop", "type": "service_reference"},
                "html_url": "https://shop.example.com/incidents/QPICTURES",
            },
        }
    }


def opsgenie(action: str) -> dict[str, Any]:
    about = {
        "alertId": "a1",
        "alias": "pictures",
        "message": "Pictures slow",
        "entity": "Shop",
        "priority": "P2",
    }
    return {"action": action, "alert": {**about, "createdAt": 1763632922000}}


def component(status: str) -> dict[str, Any]:
    return {
        "meta": {},
        "page": {"id": "pg", "status_indicator": "none"},
        "component": {"id": "c1", "name": "Object Storage", "status": status},
        "component_update": {
            "component_id": "c1",
            "new_status": status,
            "created_at": "2026-11-20T10:02:03Z",
        },
    }


def kuma(status: int) -> dict[str, Any]:
    return {
        "heartbeat": {"monitorID": 7, "status": status, "time": "2026-11-20 10:02:03.5", "msg": ""},
        "monitor": {"id": 7, "name": "Pictures", "url": "https://img.example.com", "type": "http"},
        "msg": "[Pictures]",
    }


def pingdom(state: str) -> dict[str, Any]:
    return {
        "check_id": 4711,
        "check_name": "Pictures",
        "check_type": "HTTP",
        "current_state": state,
        "previous_state": "UP",
        "state_changed_timestamp": 1763632923,
        "check_params": {"full_url": "https://img.example.com/"},
    }


def statusgator(status: str) -> dict[str, str]:
    return {
        "service_name": "Example Storage",
        "current_status": status,
        "last_status": "up",
        "occurred_at": "2026-11-20T10:02:03+00:00",
    }


def datadog(transition: str) -> dict[str, Any]:
    return {
        "alert_transition": transition,
        "alert_cycle_key": "99",
        "alert_title": f"[{transition}] Pictures are slow",
        "alert_id": "12",
        "tags": "service:shop,severity:critical",
        "date": "1763632923000",
    }


def newrelic(state: str) -> dict[str, Any]:
    return {
        "issueId": "i-1",
        "issueUrl": "https://one.example.com/i-1",
        "title": "Pictures slow",
        "priority": "CRITICAL",
        "state": state,
        "createdAt": 1763632923000,
    }


def updown(event: str) -> list[dict[str, Any]]:
    check = {"token": "t1", "url": "https://img.example.com", "alias": "Pictures"}
    return [{"event": event, "time": "2026-11-20T10:02:03Z", "check": check}]


def thousandeyes(kind: str) -> dict[str, Any]:
    about = {"alertId": "te-1", "ruleName": "Pictures", "severity": "Critical"}
    dates = {"dateStartZoned": "2026-11-20 10:02:03 UTC"}
    return {"eventType": f"ALERT_NOTIFICATION_{kind}", "eventId": "e", "alert": {**about, **dates}}


def gcp(state: str) -> dict[str, Any]:
    about = {"incident_id": "0.a", "policy_name": "Reads", "started_at": 1763632923}
    return {"version": "1.2", "incident": {**about, "state": state, "summary": "Reads fail"}}


def graylog(alert: bool) -> dict[str, Any]:
    about = {"event_definition_id": "d1", "event_definition_title": "Many errors"}
    return {**about, "event": {"alert": alert, "timestamp": "2026-11-20T10:02:03Z"}}


def dash0(status: str) -> dict[str, Any]:
    labels = [{"key": "service.name", "value": {"stringValue": "shop"}}]
    issue = {"id": "x", "issueIdentifier": "77", "status": status, "labels": labels}
    return {"type": f"alert.{status}", "data": {"issue": {**issue, "summary": "Slow"}}}


def sentry(action: str) -> dict[str, Any]:
    rule = {"id": "5", "name": "Slow pictures"}
    return {"action": action, "data": {"metric_alert": {"id": "9", "alert_rule": rule}}}


def site24x7(status: str) -> dict[str, str]:
    name = {"MONITORNAME": "Pictures", "MONITORURL": "https://img.example.com"}
    return {**name, "STATUS": status, "INCIDENT_TIME_ISO": "2026-11-20T11:02:03+0100"}


def azure(condition: str, **more: Any) -> dict[str, Any]:
    account = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/img"
    told = {"alertId": "/subscriptions/s/alerts/1", "alertRule": "Availability", "severity": "Sev0"}
    times = {"firedDateTime": "2026-11-20T10:02:03.5Z", "monitorCondition": condition}
    essentials = {**told, **times, "alertTargetIDs": [account], **more}
    return {"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": essentials}}


def uptimerobot(kind: str) -> dict[str, str]:
    name = {"monitorID": "77", "monitorFriendlyName": "Pictures", "monitorURL": "https://img"}
    return {**name, "alertType": kind, "alertDetails": "no answer", "alertDateTime": "1763632923"}


PAIRS: dict[str, Pair] = {
    "azure_monitor": Pair(azure("Fired"), azure("Resolved"), "major_outage"),
    "uptimerobot": Pair(uptimerobot("1"), uptimerobot("2"), "major_outage", form=True),
    "alertmanager": Pair(prometheus("firing"), prometheus("resolved"), "major_outage"),
    "grafana": Pair(prometheus("firing", orgId=1), prometheus("resolved", orgId=1), "major_outage"),
    "sns": Pair(notification(alarm("ALARM")), notification(alarm("OK")), "major_outage"),
    "eventbridge": Pair(alarm_event("ALARM"), alarm_event("OK"), "major_outage"),
    "datadog": Pair(datadog("Triggered"), datadog("Recovered"), "major_outage"),
    "pagerduty": Pair(pagerduty("triggered"), pagerduty("resolved"), "degraded"),
    "opsgenie": Pair(opsgenie("Create"), opsgenie("Close"), "degraded"),
    "statuspage": Pair(component("partial_outage"), component("operational"), "partial_outage"),
    "uptime_kuma": Pair(kuma(0), kuma(1), "major_outage"),
    "pingdom": Pair(pingdom("DOWN"), pingdom("UP"), "major_outage"),
    "statusgator": Pair(statusgator("down"), statusgator("up"), "major_outage", form=True),
    "newrelic": Pair(newrelic("ACTIVATED"), newrelic("CLOSED"), "major_outage"),
    "updown": Pair(updown("check.down"), updown("check.up"), "major_outage"),
    "thousandeyes": Pair(thousandeyes("TRIGGER"), thousandeyes("CLEAR"), "major_outage"),
    "gcp_monitoring": Pair(gcp("open"), gcp("closed"), "degraded"),
    "graylog": Pair(graylog(True), graylog(False), "degraded"),
    "dash0": Pair(dash0("critical"), dash0("resolved"), "major_outage"),
    "sentry": Pair(sentry("critical"), sentry("resolved"), "major_outage"),
    "site24x7": Pair(site24x7("DOWN"), site24x7("UP"), "major_outage"),
    "checkly": Pair(
        {"alert_type": "ALERT_FAILURE", "check_id": "c", "check_name": "Pictures"},
        {"alert_type": "ALERT_RECOVERY", "check_id": "c", "check_name": "Pictures"},
        "major_outage",
    ),
    "checkmk": Pair(
        {"host": "img1", "status": "DOWN", "notification_type": "PROBLEM"},
        {"host": "img1", "status": "UP", "notification_type": "RECOVERY"},
        "major_outage",
    ),
    "kapacitor": Pair(
        {"id": "k", "level": "CRITICAL", "previousLevel": "OK", "message": "Slow"},
        {"id": "k", "level": "OK", "previousLevel": "CRITICAL", "message": "Fine"},
        "major_outage",
    ),
    "librenms": Pair(
        {"device_id": "2", "rule_id": "3", "rule": "{}", "state": "1", "severity": "warning"},
        {"device_id": "2", "rule_id": "3", "rule": "{}", "state": "0", "severity": "ok"},
        "degraded",
    ),
    "oncall": Pair(
        {"alert_uid": "u", "state": "alerting", "title": "Slow"},
        {"alert_uid": "u", "state": "ok", "title": "Slow"},
        "degraded",
    ),
    "signalfx": Pair(
        {
            "incidentId": "s",
            "detectorUrl": "https://x.example.com",
            "statusExtended": "anomalous",
            "severity": "Critical",
        },
        {
            "incidentId": "s",
            "detectorUrl": "https://x.example.com",
            "statusExtended": "ok",
            "severity": "Critical",
        },
        "major_outage",
    ),
    "zabbix": Pair(
        {"hostname": "img1", "trigger": "Unreachable", "status": "PROBLEM", "severity": "High"},
        {"hostname": "img1", "trigger": "Unreachable", "status": "RESOLVED", "severity": "High"},
        "degraded",
    ),
    "generic": Pair(
        {"alerts": [{"check": {"id": 5}, "now": "Broken", "how": "critical", "what": "Pictures"}]},
        {"alerts": [{"check": {"id": 5}, "now": "mended", "how": "critical", "what": "Pictures"}]},
        "major_outage",
    ),
}
GENERIC: dict[str, Any] = {
    "items": "/alerts",
    "key": ("check.id",),
    "state": "now",
    "firing": ("broken",),
    "resolved": ("mended",),
    "severity": "/how",
    "title": "what",
}
