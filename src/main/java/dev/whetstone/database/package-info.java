/** Embedded or external PostgreSQL, its pool, migrations, transactions and notifications. */
@NullMarked
package dev.whetstone.database;

import org.jspecify.annotations.NullMarked;
