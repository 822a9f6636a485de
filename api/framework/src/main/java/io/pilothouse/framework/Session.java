package io.pilothouse.framework;

import io.pilothouse.mesos.v1.FrameworkID;
import java.net.URI;

/** What calls need: where, and as whom. From SUBSCRIBED on until the stream is over. */
record Session(URI at, String stream, FrameworkID id) {}
