package io.pilothouse.driver;

import java.net.URI;

/** What calls need: where, and as whom. From SUBSCRIBED on until the stream is over. */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Session(URI at, String stream, byte[] framework) {}
