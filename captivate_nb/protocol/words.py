"""The Socket API's own words: they mean what they mean, whatever a key happens to look like.

Only those of eight letters or more are listed, as shorter keys are never looked for in a text.
"""

from __future__ import annotations

NAMES = frozenset(
    {
        *("event_type", "event_payload", "event_id", "accepts_response_payload", "socket_id"),
        *("conversation_id", "conversationId", "client_msg_id", "ch_msg_id", "message_id"),
        *("conversations", "pagination", "pageSize", "totalPages", "hasNextPage", "hasPrevPage"),
        *("metadata", "userData", "userMetadata", "userBasicInfo", "firstName", "lastName"),
        *("transcript", "messages", "chatbotName", "channelName", "livechatName", "userName"),
        *("agent_name", "agentName", "agentInfo", "displayName", "softdelete", "upload_url"),
        *("error_code", "error_desc", "message_link", "linked_event_type", "botMessage"),
        *("markdown", "description", "subtitle", "image_url", "imageUrl"),
        *("filename", "mimetype", "thumbnail", "textContent", "presignedUrl", "fileSize"),
        *("expiresIn", "processingTime"),
    }
)
"""Names of fields."""

SENDERS = frozenset({"livechat"})
"""What stands in the field `from`."""

TARGETS = frozenset({"bot_live"})
"""What stands in the field `target`."""

VALUES = frozenset(
    {
        *SENDERS,
        *TARGETS,
        *("sendMessage", "receiveMessage", "message_create"),
        *("conversation_start", "user_message", "metadata", "conversation_transcript_request"),
        *("get_conversations", "get_user_conversations", "get_user_conversations_v2"),
        *("delete_conversation", "delete_user_conversations", "metadata_request", "edit_message"),
        *("socket_connected", "conversation_start_success", "bot_message", "livechat_message"),
        *("conversation_transcript", "user_conversations", "delete_conversation_success"),
        *("conversation_metadata", "metadata_update_success", "message_edited_success"),
        *("conversation_update", "general_error"),
        *("livechatAgentConnected", "livechatAgentDisconnected", "failedAgentAssignment"),
        "markdown",
    }
)
"""Those and what stands in the fields `event_type`, `linked_event_type`, `type` and `action`."""
