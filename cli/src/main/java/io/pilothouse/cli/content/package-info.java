/**
 * What versions are made of, as an engineer's command line sees it: packing and sending a
 * directory, looking into what deployment replicas hold, comparing, signing. Start at {@link
 * io.pilothouse.cli.content.ContentUpload}.
 */
@NullMarked
package io.pilothouse.cli.content;

import org.jspecify.annotations.NullMarked;
