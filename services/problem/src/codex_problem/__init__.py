"""Problems, submissions, points and leaderboards."""
