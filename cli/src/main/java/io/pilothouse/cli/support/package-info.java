/**
 * What a bug report needs, in one file. Start here: {@link
 * io.pilothouse.cli.support.SupportCommand} asks source after source; whatever enters the {@link
 * io.pilothouse.cli.support.Bundle} passes {@link io.pilothouse.cli.support.Redaction}.
 */
@NullMarked
package io.pilothouse.cli.support;

import org.jspecify.annotations.NullMarked;
