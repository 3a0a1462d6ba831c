-- Lists of users in the orders that no filter's index has. Who never signed in comes last, or first in reverse.
CREATE INDEX users_last_login_order_idx ON users ((last_login IS NULL), last_login, pk);
CREATE INDEX users_password_change_date_order_idx ON users (password_change_date, pk);
