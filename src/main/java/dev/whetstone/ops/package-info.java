/**
 * Health checks (MicroProfile Health, {@code /q/health}) and metrics (Micrometer, {@code
 * /q/metrics}) of the engine, the served policies and the database. Begin with {@link
 * ServingReadiness}. Any thread may call them; they only read.
 */
@NullMarked
package dev.whetstone.ops;

import org.jspecify.annotations.NullMarked;
