/**
 * The HTTP API, one sub-package for each group of routes; {@code http} holds what they share. Begin
 * with {@link dev.whetstone.gateway.generate.GenerateResource}. This package itself only completes
 * the OpenAPI document, at build time. Resources run on virtual threads and own no tables or files.
 */
@NullMarked
package dev.whetstone.gateway;

import org.jspecify.annotations.NullMarked;
