<?php // comments.php of a child theme, in place of the theme's own
$path = wp_make_link_relative( get_permalink() ); ?>
<script type="module" src="https://comments.example.org/embed.js"></script>
<hubbub-thread site="demo" key="<?php echo esc_attr( $path ); ?>"></hubbub-thread>
