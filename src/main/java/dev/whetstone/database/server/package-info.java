/**
 * The embedded PostgreSQL server: its binaries, start, address and the count of processes that use
 * it.
 */
@NullMarked
package dev.whetstone.database.server;

import org.jspecify.annotations.NullMarked;
