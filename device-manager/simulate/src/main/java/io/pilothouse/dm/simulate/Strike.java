package io.pilothouse.dm.simulate;

import java.util.function.Consumer;

/** A fault that strikes something at a time. */
record Strike(long at, String fault, String subject, Consumer<World> effect) {}
