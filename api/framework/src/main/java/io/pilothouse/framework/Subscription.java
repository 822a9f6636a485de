package io.pilothouse.framework;

import java.net.URI;

/** A stream that a scheduler has opened; SUBSCRIBED is its first event. */
record Subscription(URI at, String stream, EventPieces events) {}
